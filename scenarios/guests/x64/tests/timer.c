/* The local APIC's timer interrupts: ten ticks of a millisecond (at the 1 GHz of KVM and QEMU), waiting in HLT. */
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
  mmio32(LAPIC + 0x3e0, 11);                /* divide by 1 */
  mmio32(LAPIC + 0x320, 1 << 17 | VECTOR);  /* periodic */
  mmio32(LAPIC + 0x380, 1000000);
  while (ticks < 10) sleep_until_interrupt();
  mmio32(LAPIC + 0x380, 0);
  print_dec(ticks);
  print(" ticks\n");
  return 0;
}
