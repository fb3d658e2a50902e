/* HLT with interrupts off: nothing can wake it. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  print("sleeping for ever\n");
  for (;;) __asm__ volatile("cli\n hlt");
}
