/* A misaligned stack pointer and a misaligned branch target. */
#include "../lib/inn.h"

void exception(unsigned kind, struct frame *f) {
  uint64_t esr = sysreg_read(esr_el1);
  (void)kind;
  print("class ");
  print_hex(esr >> 26, 2);
  if (esr >> 26 == 0x22) {
    print(" far ");
    print_hex(sysreg_read(far_el1) & 3, 1);
    f->elr = f->x[30];
  } else {
    f->elr += 4;
  }
  putch('\n');
}

int main(const char *args) {
  (void)args;
  sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) | 1 << 4 | 1 << 3); /* SA0, SA */
  isb();
  print("branch to an address that is 2 modulo 4: ");
  ((void (*)(void))(0x40200002))();
  print("load through a misaligned SP: ");
  /* SPSel 0 at EL1: the handler runs on SP_EL1, so the main program may bend SP_EL0 */
  __asm__ volatile("mov x9, sp\n msr spsel, #0\n mov x10, sp\n add x11, x9, #8\n mov sp, x11\n"
                   " ldr x12, [sp]\n"
                   " mov sp, x10\n msr spsel, #1" ::: "x9", "x10", "x11", "x12", "memory");
  print("done\n");
  return 0;
}
