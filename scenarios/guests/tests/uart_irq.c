/* Console input by interrupt (PL011, SPI 1): prints what arrives until a newline, sleeping in between. */
#include "../lib/inn.h"

static volatile int done;
static volatile unsigned interrupts;

void exception(unsigned kind, struct frame *f) {
  (void)kind, (void)f;
  uint32_t id = mmio32_read(GICC + 0x0c);
  interrupts++;
  while (!(mmio32_read(UART + 0x18) & (1 << 4))) {
    int c = (int)(mmio32_read(UART) & 0xff);
    if (c == '\n') done = 1;
    else putch(c == ' ' ? '_' : c);
  }
  mmio32(UART + 0x44, 0x7ff);
  mmio32(GICC + 0x10, id);
}

int main(const char *args) {
  (void)args;
  mmio32(UART + 0x2c, 0x70);  /* FIFOs on */
  mmio32(UART + 0x38, 1 << 4 | 1 << 6); /* receive and receive-timeout interrupts */
  mmio32(UART + 0x30, 0x301);
  mmio32(GICD + 0x104, 1u << 1);
  mmio32(GICD + 0x820, 0x01010101);
  mmio32(GICC + 0x04, 0xff);
  mmio32(GICC, 1);
  mmio32(GICD, 1);
  print("ready\n");
  __asm__ volatile("msr daifclr, #2");
  while (!done) __asm__ volatile("wfi");
  print(interrupts ? "\nby interrupt\n" : "\nwithout interrupt\n");
  return 0;
}
