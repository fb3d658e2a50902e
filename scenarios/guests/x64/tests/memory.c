/* Prints the memory map and uses the last page of each range of RAM, also above 4 GiB. */
#include "../lib/inn.h"

extern char image_end[];

int main(const char *args) {
  (void)args;
  uint64_t ram = 0;
  unsigned wrong = 0;
  for (unsigned i = 0; i < memory_ranges(); i++) {
    struct range r = memory_range(i);
    print_hex(r.start, 16);
    putch(' ');
    print_hex(r.length, 16);
    print(" type ");
    print_dec(r.type);
    putch('\n');
    if (r.type != 1) continue;
    ram += r.length;
    uint64_t last = (r.start + r.length - 4096) & ~4095ul;
    volatile uint64_t *p = (void *)WINDOW;
    map_page(WINDOW, last, PAGE_PRESENT | PAGE_WRITE);
    uint64_t before = p[511];
    p[511] = ~last;
    wrong += p[511] != ~last;
    /* Seen at the physical address too, where the loader's map reaches. */
    if (last < 1ul << 32) wrong += *(volatile uint64_t *)(last + 511 * 8) != ~last;
    p[511] = before;
  }
  print(wrong ? "memory is wrong\n" : "memory holds\n");
  print_dec((ram + (1 << 20) - 1) >> 20);
  print(" MiB\n");
  return 0;
}
