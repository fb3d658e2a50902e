/* Is entered in 32-bit mode by the PVH boot protocol and prints what hvm_start_info holds. */
#include "../lib/inn.h"

int main(const char *args) {
  print("hello from PVH, magic ");
  print_hex(*(volatile uint32_t *)start_info, 8);
  print("\ncommand line: ");
  print(args);
  print("\nmemory map: ");
  print_dec(memory_ranges());
  print(" ranges, RAM ");
  uint64_t ram = 0;
  for (unsigned i = 0; i < memory_ranges(); i++)
    if (memory_range(i).type == 1) ram += memory_range(i).length;
  print_dec((ram + (1 << 20) - 1) >> 20);
  print(" MiB\n");
  return 0;
}
