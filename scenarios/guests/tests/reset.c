/* Asks PSCI for a system reset. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  print("resetting\n");
  register uint64_t x0 __asm__("x0") = 0x84000009;
  __asm__ volatile("hvc #0" : "+r"(x0)::"memory");
  print("still here\n");
  return 0;
}
