/* Reads beyond the end of RAM: nothing answers there. */
#include "../lib/inn.h"

void exception(unsigned kind, struct frame *f) {
  uint64_t esr = sysreg_read(esr_el1);
  (void)kind;
  print("class ");
  print_hex(esr >> 26, 2);
  print(" status ");
  print_hex(esr & 63, 2);
  putch('\n');
  f->elr += 4;
}

int main(const char *args) {
  (void)args;
  (void)*(volatile uint64_t *)0x7ff00000; /* mapped by the guest, absent on the board */
  (void)*(volatile uint32_t *)0x0b000000; /* no device here */
  print("survived\n");
  return 0;
}
