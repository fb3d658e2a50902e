/* Console output by interrupt (COM1, transmitter empty), one byte each, asleep in between. */
#include "../lib/inn.h"

#define VECTOR 0x24

static const char text[] = "printed by interrupt\n";
static volatile unsigned sent, interrupts, others;

void exception(struct frame *f) {
  if (f->vector != VECTOR) others++;
  interrupts++;
  if ((in8(COM1 + 2) & 7) == 2) { /* IIR: transmitter empty; reading it has taken the interrupt back */
    if (text[sent]) out8(COM1, (uint8_t)text[sent++]);
    else out8(COM1 + 1, 0);
  }
  lapic_eoi();
}

int main(const char *args) {
  (void)args;
  lapic_on();
  ioapic_route(4, VECTOR);
  out8(COM1 + 4, 0x0b); /* MCR: DTR, RTS, OUT2 */
  out8(COM1 + 1, 0x02); /* IER: transmitter empty, which it is: the first interrupt comes at once */
  while (text[sent] && !others) sleep_until_interrupt();
  out8(COM1 + 1, 0);
  print(interrupts >= sizeof text - 1 && !others ? "every byte\n" : "not by this interrupt\n");
  return 0;
}
