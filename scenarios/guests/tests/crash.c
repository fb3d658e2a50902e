/* Loses its vectors and faults: nothing can handle it, the machine must say so at once. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  print("about to crash\n");
  sysreg_write(vbar_el1, 0xffff000000000000ul);
  isb();
  *(volatile int *)0xdead0000 = 1;
  return 0;
}
