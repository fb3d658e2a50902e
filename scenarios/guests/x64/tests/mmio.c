/* Registers through memory: the APICs answer, what is absent reads as ones, and nothing kills the machine. */
#include "../lib/inn.h"

/* Reads of 1, 2, 4 and 8 bytes, then a write, then a read again. */
static void absent(const char *what, uint64_t at) {
  print(what);
  putch(' ');
  print_hex(*(volatile uint8_t *)at, 2);
  putch(' ');
  print_hex(*(volatile uint16_t *)at, 4);
  putch(' ');
  print_hex(*(volatile uint32_t *)at, 8);
  putch(' ');
  print_hex(*(volatile uint64_t *)at, 16);
  *(volatile uint64_t *)at = 0x0123456789abcdef;
  *(volatile uint8_t *)(at + 1) = 0x42;
  say(", after a write", *(volatile uint32_t *)at, 8);
}

int main(const char *args) {
  (void)args;
  lapic_on();
  say("LAPIC id", mmio32_read(LAPIC + 0x20) >> 24, 2);
  say("LAPIC version", mmio32_read(LAPIC + 0x30) & 0xff, 2);
  mmio32(LAPIC + 0x80, 0x20); /* task priority */
  say("LAPIC task priority", mmio32_read(LAPIC + 0x80), 2);
  say("IOAPIC version", ioapic_read(1) & 0xff, 2);
  say("IOAPIC last entry", ioapic_read(1) >> 16 & 0xff, 2);
  ioapic_route(5, 0x25);
  say("IOAPIC entry 5", ioapic_read(0x1a), 8);
  absent("hole below 4 GiB", 0xfd000000);
  absent("across two pages", 0xfd000ffd);
  map_page(WINDOW, 1ul << 35, PAGE_PRESENT | PAGE_WRITE);
  absent("32 GiB", WINDOW);
  print("survived\n");
  return 0;
}
