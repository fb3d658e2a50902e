/* Waits for an interrupt that nothing will ever raise. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  print("sleeping for ever\n");
  for (;;) __asm__ volatile("wfi");
}
