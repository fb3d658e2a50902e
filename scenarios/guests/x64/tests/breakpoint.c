/* INT3 and INT n. A KVM without hardware, which emulates, knows neither. */
#include "../lib/inn.h"

void exception(struct frame *f) {
  print("vector ");
  print_dec(f->vector);
  putch('\n');
}

int main(const char *args) {
  (void)args;
  print("breakpoint: ");
  __asm__ volatile("int3");
  print("software interrupt: ");
  __asm__ volatile("int $0x30");
  print("went on\n");
  return 0;
}
