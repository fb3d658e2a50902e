/* A second CPU is started through PSCI; the two pass a ball, count under a lock, and wake each other
   with SEV and a software-generated interrupt. */
#include "../lib/inn.h"

static uint8_t stack[4096] __attribute__((aligned(16)));
static volatile uint64_t ball, started, second_done;
static uint64_t lock, counter;

static int64_t psci(uint64_t f, uint64_t a, uint64_t b, uint64_t c) {
  register uint64_t x0 __asm__("x0") = f, x1 __asm__("x1") = a, x2 __asm__("x2") = b, x3 __asm__("x3") = c;
  __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
  return (int32_t)x0;
}

static void acquire(uint64_t *l) {
  uint64_t v;
  uint32_t failed;
  do {
    __asm__ volatile("1: ldaxr %0, [%2]\n cbz %0, 2f\n wfe\n b 1b\n2: stxr %w1, %3, [%2]"
                     : "=&r"(v), "=&r"(failed)
                     : "r"(l), "r"(1ul)
                     : "memory");
  } while (failed);
}

/* No SEV: that the store clears the other CPU's monitor is the event. */
static void release(uint64_t *l) { __asm__ volatile("stlr xzr, [%0]" ::"r"(l) : "memory"); }

static void count(unsigned n) {
  for (unsigned i = 0; i < n; i++) {
    acquire(&lock);
    counter++;
    release(&lock);
  }
}

static void play(uint64_t me) {
  while (ball < 1000) {
    if ((ball & 1) == me) ball++;
  }
}

void second(void) {
  mmu_enable();
  started = sysreg_read(mpidr_el1) & 0xff;
  play(1);
  count(500);
  second_done = 1;
  __asm__ volatile("dsb sy\n sev");
  psci(0x84000002, 0, 0, 0); /* CPU_OFF */
}

__asm__(".globl second_entry\n"
        "second_entry: mov sp, x0\n"
        " mov x1, #(3 << 20)\n msr cpacr_el1, x1\n"
        " adrp x1, vectors\n add x1, x1, :lo12:vectors\n msr vbar_el1, x1\n isb\n"
        " b second\n");
void second_entry(void);

int main(const char *args) {
  (void)args;
  print(psci(0xc4000003, 1, (uint64_t)second_entry, (uint64_t)(stack + sizeof stack)) == 0 ? "CPU 1 is on\n"
                                                                                              : "CPU 1 refuses\n");
  play(0);
  count(500);
  while (!second_done) __asm__ volatile("wfe");
  print("ball ");
  print_dec(ball);
  print(", started CPU ");
  print_dec(started);
  print(", counted ");
  print_dec(counter);
  putch('\n');
  while (psci(0xc4000004, 1, 0, 0) != 1) { }
  print("CPU 1 is off\n");
  return 0;
}
