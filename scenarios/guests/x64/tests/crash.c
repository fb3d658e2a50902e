/* A triple fault: an exception with an empty IDT. */
#include "../lib/inn.h"

int main(const char *args) {
  static const struct {
    uint16_t limit;
    uint64_t base;
  } __attribute__((packed)) empty = {0, 0};
  (void)args;
  print("about to crash\n");
  __asm__ volatile("lidt %0\n ud2" ::"m"(empty));
  print("still here\n");
  return 0;
}
