/* Says hello over the UART and powers off through ACPI. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  print("hello from 64-bit mode\n");
  return 0;
}
