/* What is printed through putch(), for every architecture; included by its lib.c. */
#include "shared.h"

void print(const char *s) {
  while (*s) putch(*s++);
}

void print_hex(uint64_t v, int digits) {
  while (digits-- > 0) putch("0123456789abcdef"[(v >> (4 * digits)) & 15]);
}

void print_dec(uint64_t v) {
  char text[21];
  int n = 0;
  do text[n++] = (char)('0' + v % 10);
  while (v /= 10);
  while (n) putch(text[--n]);
}

void result(const char *name, uint64_t checksum) {
  print(name);
  putch(' ');
  print_hex(checksum, 16);
  putch('\n');
}
