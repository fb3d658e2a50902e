/* FP and SIMD disabled by CPACR: the first use traps, the handler enables it, the instruction repeats. */
#include "../lib/inn.h"

__attribute__((target("general-regs-only"))) void exception(unsigned kind, struct frame *f) {
  uint64_t esr = sysreg_read(esr_el1);
  (void)kind, (void)f;
  print("trap class ");
  print_hex(esr >> 26, 2);
  putch('\n');
  sysreg_write(cpacr_el1, 3ul << 20);
  isb();
}

int main(const char *args) {
  (void)args;
  uint64_t v;
  sysreg_write(cpacr_el1, 0);
  isb();
  __asm__ volatile("fmov d0, #1.5\n fadd d0, d0, d0\n fmov %0, d0" : "=r"(v)::"v0");
  print_hex(v, 16);
  putch('\n');
  sysreg_write(cpacr_el1, 0);
  isb();
  uint64_t a[2] = {1, 2}, b[2];
  __asm__ volatile("ldr q1, [%0]\n add v1.2d, v1.2d, v1.2d\n str q1, [%1]" ::"r"(a), "r"(b) : "v1", "memory");
  print_dec(b[0] + b[1]);
  putch('\n');
  return 0;
}
