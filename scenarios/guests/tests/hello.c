/* Says hello and powers off. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  print("hello from EL");
  print_dec(sysreg_read(CurrentEL) >> 2);
  putch('\n');
  return 0;
}
