/* GICv2: a software-generated interrupt, masking by priority, pending while disabled, preemption order. */
#include "../lib/inn.h"

static volatile unsigned order[8];
static volatile unsigned taken;

void exception(unsigned kind, struct frame *f) {
  (void)kind, (void)f;
  uint32_t id = mmio32_read(GICC + 0x0c);
  order[taken++ & 7] = id & 0x3ff;
  mmio32(GICC + 0x10, id);
}

static void say(const char *what, uint64_t v) {
  print(what);
  putch(' ');
  print_dec(v);
  putch('\n');
}

static void settle(void) {
  dsb();
  isb();
  for (volatile int i = 0; i < 10; i++) { }
}

int main(const char *args) {
  (void)args;
  mmio32(GICD + 0x100, 0xffff);              /* SGIs enabled */
  mmio32(GICD + 0x400, 0x40302010);          /* priorities of SGI 0..3 */
  mmio32(GICD + 0x404, 0xa0706050);          /* … 4..7 */
  mmio32(GICC + 0x04, 0xff);
  mmio32(GICC, 1);
  mmio32(GICD, 1);
  mmio32(GICD + 0xf00, 2u << 24 | 5);        /* SGI 5 to self, while PSTATE masks it */
  settle();
  say("taken while masked", taken);
  say("highest pending", mmio32_read(GICC + 0x18) & 0x3ff);
  mmio32(GICD + 0xf00, 2u << 24 | 2);
  settle();
  say("highest pending after a more urgent one", mmio32_read(GICC + 0x18) & 0x3ff);
  __asm__ volatile("msr daifclr, #2");
  settle();
  say("taken", taken);
  say("first", order[0]);
  say("second", order[1]);
  mmio32(GICC + 0x04, 0x50);                 /* only more urgent than 0x50 */
  mmio32(GICD + 0xf00, 2u << 24 | 6);        /* priority 0x70 */
  settle();
  say("taken under the priority mask", taken);
  mmio32(GICC + 0x04, 0xff);
  settle();
  say("taken after lifting it", taken);
  __asm__ volatile("msr daifset, #2");
  say("spurious acknowledge", mmio32_read(GICC + 0x0c) & 0x3ff);
  return 0;
}
