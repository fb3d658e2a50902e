/* Prints its command line. */
#include "../lib/inn.h"

int main(const char *args) {
  print("arguments: ");
  print(args);
  print("\nlength ");
  size_t n = 0;
  while (args[n]) n++;
  print_dec(n);
  putch('\n');
  return 0;
}
