/* The 8254 interrupts through the I/O APIC: ten ticks of a millisecond, waiting in HLT. Its line is pin 2 where
   the MADT overrides it, as on a PC, and pin 0 otherwise; both are routed here. */
#include "../lib/inn.h"

#define VECTOR 0x20

static volatile unsigned ticks;

void exception(struct frame *f) {
  if (f->vector != VECTOR) {
    print("not a timer interrupt\n");
    debug_exit(1);
  }
  /* On a slow host more come before the CPU is awake. */
  if (ticks < 10) ticks++;
  lapic_eoi();
}

int main(const char *args) {
  (void)args;
  lapic_on();
  ioapic_route(0, VECTOR);
  ioapic_route(2, VECTOR);
  out8(0x43, 0x34); /* counter 0, low and high byte, rate generator */
  out8(0x40, 1193 & 255);
  out8(0x40, 1193 >> 8);
  while (ticks < 10) sleep_until_interrupt();
  print_dec(ticks);
  print(" ticks\n");
  return 0;
}
