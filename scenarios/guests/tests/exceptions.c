/* Undefined instructions, breakpoints, SVC from EL1 and a system call from EL0 and back. */
#include "../lib/inn.h"

static volatile unsigned el0_returned;

void exception(unsigned kind, struct frame *f) {
  uint64_t esr = sysreg_read(esr_el1);
  unsigned class = (unsigned)(esr >> 26) & 63;
  print("exception ");
  print_dec(kind);
  print(" class ");
  print_hex(class, 2);
  print(" iss ");
  print_hex(esr & 0x1ffffff, 7);
  print(" el ");
  print_dec((f->spsr >> 2) & 3);
  putch('\n');
  if (class == 0x15 && (esr & 0xffff) == 0x99) { /* the EL0 program's exit call */
    el0_returned = 1;
    f->spsr = 0x5; /* EL1h */
    f->elr = f->x[0];
    return;
  }
  if (class == 0x15) f->x[0] = f->x[0] * 2 + f->x[8]; /* a system call with a result */
  else f->elr += 4;
}

/* Runs at EL0: a system call, then a privileged instruction, then leaves. */
__asm__(".globl el0_program\n"
        "el0_program: mov x9, x0\n"
        " mov x0, #20\n mov x8, #2\n svc #0x11\n" /* x0 = 42 */
        " mov x10, x0\n"
        " mrs x1, sctlr_el1\n"                  /* undefined at EL0 */
        " msr daifset, #2\n"                    /* trapped: SCTLR.UMA is 0 */
        " mov x0, x9\n svc #0x99\n");
void el0_program(void);

/* Enters EL0 and comes back with x10 of the program. */
uint64_t run_el0(uint64_t stack);
__asm__(".globl run_el0\n"
        "run_el0: stp x29, x30, [sp, #-16]!\n"
        " msr sp_el0, x0\n msr spsr_el1, xzr\n"
        " adr x1, el0_program_pointer\n ldr x1, [x1]\n msr elr_el1, x1\n"
        " adr x0, 1f\n eret\n"
        "1: mov x0, x10\n ldp x29, x30, [sp], #16\n ret\n"
        " .balign 8\nel0_program_pointer: .quad el0_window\n"
        " .set el0_window, 0x80000000\n");

int main(const char *args) {
  static uint8_t page[4096] __attribute__((aligned(4096)));
  (void)args;
  __asm__ volatile(".inst 0x00000000"); /* UDF #0 */
  __asm__ volatile("brk #0x77");
  uint64_t r;
  __asm__ volatile("mov x0, #5\n mov x8, #1\n svc #0x11\n mov %0, x0" : "=r"(r) : : "x0", "x8", "memory");
  print("svc at EL1 gave ");
  print_dec(r);
  putch('\n');
  /* EL0 cannot run code from RAM that EL1 may write and that has AP[1] clear: copy it to its own page. */
  memcpy(page, (const void *)el0_program, 64);
  dsb();
  __asm__ volatile("ic iallu\n dsb sy\n isb" ::: "memory");
  map_page(0x80000000, (uint64_t)page, PAGE_EL0 | PAGE_RO | PAGE_PXN);
  r = run_el0(0);
  print("EL0 program got ");
  print_dec(r);
  print(el0_returned ? " and came back\n" : " and is lost\n");
  return 0;
}
