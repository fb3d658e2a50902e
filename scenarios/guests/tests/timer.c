/* The virtual timer interrupts through the GIC: ten ticks, one per millisecond, waiting in WFI. */
#include "../lib/inn.h"

static volatile unsigned ticks;
static uint64_t period;

void exception(unsigned kind, struct frame *f) {
  (void)f;
  uint32_t id = mmio32_read(GICC + 0x0c);
  if (kind != 5 || (id & 0x3ff) != 27) {
    print("not a timer interrupt\n");
    semihosting_exit(1);
  }
  ticks++;
  sysreg_write(cntv_cval_el0, sysreg_read(cntv_cval_el0) + period);
  isb();
  mmio32(GICC + 0x10, id);
}

int main(const char *args) {
  (void)args;
  uint64_t frequency = sysreg_read(cntfrq_el0);
  period = frequency / 1000;
  mmio32(GICD + 0x100, 1u << 27);
  mmio32(GICC + 0x04, 0xff);
  mmio32(GICC, 1);
  mmio32(GICD, 1);
  uint64_t start = sysreg_read(cntvct_el0);
  sysreg_write(cntv_cval_el0, start + period);
  sysreg_write(cntv_ctl_el0, 1);
  isb();
  __asm__ volatile("msr daifclr, #2");
  while (ticks < 10) __asm__ volatile("wfi");
  __asm__ volatile("msr daifset, #2");
  uint64_t spent = sysreg_read(cntvct_el0) - start;
  print("10 ticks, ");
  print_dec(spent / period);
  print(" ms\n");
  return 0;
}
