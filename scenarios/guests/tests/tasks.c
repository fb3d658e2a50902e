/* Two EL0 tasks preempted by the timer: a scheduler of the smallest kind. Each task counts; the
   scheduler stops after 20 switches and says whether both made progress and kept their registers. */
#include "../lib/inn.h"

struct task {
  struct frame frame;
  uint64_t sp;
};

static struct task tasks[2];
static unsigned current, switches;
static uint64_t period;
static uint64_t shared[512] __attribute__((aligned(4096)));
static uint8_t code[4096] __attribute__((aligned(4096)));

__asm__(".globl task_program\n"
        "task_program: mov x20, x0\n" /* where to count */
        " mov x21, #0\n"
        "1: add x21, x21, #1\n str x21, [x20]\n eor x22, x21, x0\n b 1b\n"
        ".globl task_program_end\n"
        "task_program_end:\n");
extern char task_program[], task_program_end[];

static void finish(void) {
  __asm__ volatile("msr daifset, #2");
  print_dec(switches);
  print(" switches, ");
  for (unsigned i = 0; i < 2; i++) {
    uint64_t n = tasks[i].frame.x[21], in_memory = shared[i * 8];
    print(n > 1000 && (in_memory == n || in_memory + 1 == n) ? "task made progress, " : "task is stuck, ");
  }
  print("both kept their registers: ");
  print(tasks[0].frame.x[20] != tasks[1].frame.x[20] ? "yes\n" : "no\n");
  power_off();
}

void exception(unsigned kind, struct frame *f) {
  uint32_t id = mmio32_read(GICC + 0x0c);
  if (kind != 9 || (id & 0x3ff) != 27) {
    print("unexpected exception\n");
    semihosting_exit(1);
  }
  sysreg_write(cntv_tval_el0, period);
  isb();
  mmio32(GICC + 0x10, id);
  tasks[current].frame = *f;
  tasks[current].sp = sysreg_read(sp_el0);
  if (++switches == 20) finish();
  current ^= 1;
  *f = tasks[current].frame;
  sysreg_write(sp_el0, tasks[current].sp);
}

int main(const char *args) {
  (void)args;
  memcpy(code, task_program, (size_t)(task_program_end - task_program));
  dsb();
  __asm__ volatile("ic iallu\n dsb sy\n isb" ::: "memory");
  map_page(0x80000000, (uint64_t)code, PAGE_EL0 | PAGE_RO | PAGE_PXN);
  map_page(0x80001000, (uint64_t)shared, PAGE_EL0 | PAGE_UXN | PAGE_PXN);
  for (unsigned i = 0; i < 2; i++) {
    tasks[i].frame.elr = 0x80000000;
    tasks[i].frame.x[0] = 0x80001000 + i * 64;
  }
  period = sysreg_read(cntfrq_el0) / 5000;
  mmio32(GICD + 0x100, 1u << 27);
  mmio32(GICC + 0x04, 0xff);
  mmio32(GICC, 1);
  mmio32(GICD, 1);
  sysreg_write(cntv_tval_el0, period);
  sysreg_write(cntv_ctl_el0, 1);
  /* interrupts stay masked until the first task runs */
  __asm__ volatile("msr spsr_el1, xzr\n msr elr_el1, %0\n mov x0, %1\n isb\n eret" ::"r"(tasks[0].frame.elr),
                   "r"(tasks[0].frame.x[0])
                   : "x0", "memory");
  __builtin_unreachable();
}
