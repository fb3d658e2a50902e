/* Local and I/O APIC, and the start of other CPUs. */
#include "inn.h"

#define SPURIOUS 63

void lapic_on(void) {
  out8(0x21, 0xff), out8(0xa1, 0xff); /* masks both 8259s, whose interrupts come through the local APIC too */
  mmio32(LAPIC + 0xf0, 1 << 8 | SPURIOUS);
}

void lapic_eoi(void) { mmio32(LAPIC + 0xb0, 0); }

uint32_t ioapic_read(unsigned index) {
  mmio32(IOAPIC, index);
  return mmio32_read(IOAPIC + 0x10);
}

static void ioapic_write(unsigned index, uint32_t v) {
  mmio32(IOAPIC, index);
  mmio32(IOAPIC + 0x10, v);
}

void ioapic_route(unsigned pin, unsigned vector) {
  ioapic_write(0x11 + 2 * pin, 0); /* to the CPU with APIC id 0 */
  ioapic_write(0x10 + 2 * pin, vector); /* fixed, edge, active high, not masked */
}

/* A few milliseconds: a write to the POST port took 1 us on the ISA bus and is an exit on a virtual machine. */
static void wait_a_little(void) {
  for (int i = 0; i < 500; i++) out8(0x80, 0);
}

static void send_ipi(unsigned apic_id, uint32_t command) {
  mmio32(LAPIC + 0x310, apic_id << 24);
  mmio32(LAPIC + 0x300, command);
  while (mmio32_read(LAPIC + 0x300) & 1 << 12) pause(); /* delivery status */
}

#define TRAMPOLINE 0x80000ul
extern const char trampoline[], trampoline_end[];
struct start {
  uint64_t cr3, stack, entry;
};
extern struct start trampoline_start; /* where it is linked, not where it runs */

void start_cpu(unsigned apic_id, void (*entry)(void), void *stack_end) {
  memcpy((void *)TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
  struct start *start = (void *)(TRAMPOLINE + (uint64_t)((const char *)&trampoline_start - trampoline));
  *start = (struct start){cr_read(cr3), (uint64_t)stack_end, (uint64_t)entry};
  __asm__ volatile("" ::: "memory");
  send_ipi(apic_id, 0x4500); /* INIT */
  wait_a_little();
  send_ipi(apic_id, 0x4600 | TRAMPOLINE >> 12); /* start-up; a CPU that runs ignores the second */
  wait_a_little();
  send_ipi(apic_id, 0x4600 | TRAMPOLINE >> 12);
}
