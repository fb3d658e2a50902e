/* Touches every page of RAM above the image (mib= on the command line) and reads it back. */
#include "../lib/inn.h"

extern char image_end[];

int main(const char *args) {
  uint64_t end = 0x40000000 + (argument(args, "mib=", 64) << 20), pages = 0, wrong = 0;
  for (uint64_t p = (uint64_t)image_end; p < end; p += 4096) *(volatile uint64_t *)p = p * 0x9e3779b97f4a7c15;
  for (uint64_t p = (uint64_t)image_end; p < end; p += 4096, pages++)
    wrong += *(volatile uint64_t *)p != p * 0x9e3779b97f4a7c15;
  print(wrong ? "memory is wrong\n" : "memory holds\n");
  print_dec((end - 0x40000000) >> 20);
  print(" MiB\n");
  return pages == 0;
}
