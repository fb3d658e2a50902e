/* Physical timer: TVAL, ISTATUS, IMASK; WFI wakes although PSTATE masks interrupts. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  uint64_t frequency = sysreg_read(cntfrq_el0), ms = frequency / 1000;
  mmio32(GICD + 0x100, 1u << 30);
  mmio32(GICC + 0x04, 0xff);
  mmio32(GICC, 1);
  mmio32(GICD, 1);
  uint64_t start = sysreg_read(cntpct_el0);
  sysreg_write(cntp_tval_el0, 2 * ms);
  sysreg_write(cntp_ctl_el0, 1);
  isb();
  print((sysreg_read(cntp_ctl_el0) & 4) ? "fired too early\n" : "not fired yet\n");
  __asm__ volatile("wfi");
  uint64_t spent = sysreg_read(cntpct_el0) - start;
  print((sysreg_read(cntp_ctl_el0) & 4) ? "status set\n" : "status clear\n");
  print(spent >= 2 * ms && spent < 3 * ms ? "woke after 2 ms\n" : "woke at the wrong time\n");
  print((int64_t)(int32_t)sysreg_read(cntp_tval_el0) <= 0 ? "value has run down\n" : "value is wrong\n");
  print((mmio32_read(GICC + 0x18) & 0x3ff) == 30 ? "interrupt 30 pending\n" : "nothing pending\n");
  sysreg_write(cntp_ctl_el0, 3);
  isb();
  print((mmio32_read(GICC + 0x18) & 0x3ff) == 30 ? "still pending\n" : "masked at the timer\n");
  return 0;
}
