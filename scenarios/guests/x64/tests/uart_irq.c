/* Console input by interrupt (COM1, I/O APIC pin 4): prints what arrives until a newline, asleep in between. */
#include "../lib/inn.h"

#define VECTOR 0x24

static volatile int done;
static volatile unsigned interrupts, others;

void exception(struct frame *f) {
  if (f->vector != VECTOR) others++;
  interrupts++;
  /* IIR: 4 and 12 are received data; 1 is none. */
  while (!(in8(COM1 + 2) & 1)) {
    while (in8(COM1 + 5) & 1) {
      int c = in8(COM1);
      if (c == '\n' || c == '\r') done = 1;
      else putch(c == ' ' ? '_' : c);
    }
  }
  lapic_eoi();
}

int main(const char *args) {
  (void)args;
  lapic_on();
  ioapic_route(4, VECTOR);
  out8(COM1 + 4, 0x0b); /* MCR: DTR, RTS, OUT2, which lets the interrupt out on a PC */
  out8(COM1 + 2, 0x07); /* FCR: FIFOs on and empty */
  out8(COM1 + 1, 0x01); /* IER: received data */
  print("ready\n");
  while (!done) sleep_until_interrupt();
  print(interrupts && !others ? "\nby interrupt\n" : "\nnot by this interrupt\n");
  return 0;
}
