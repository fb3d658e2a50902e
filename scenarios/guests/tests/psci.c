/* PSCI: version, features, affinity of this CPU, refusals; through HVC and SMC. */
#include "../lib/inn.h"

static int64_t psci_hvc(uint64_t f, uint64_t a, uint64_t b, uint64_t c) {
  register uint64_t x0 __asm__("x0") = f, x1 __asm__("x1") = a, x2 __asm__("x2") = b, x3 __asm__("x3") = c;
  __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
  return (int32_t)x0;
}

static void say(const char *what, int64_t v) {
  print(what);
  print(v < 0 ? " -" : " ");
  print_dec((uint64_t)(v < 0 ? -v : v));
  putch('\n');
}

int main(const char *args) {
  (void)args;
  int64_t version = psci_hvc(0x84000000, 0, 0, 0);
  print(version >= 2 ? "version is 0.2 or later\n" : "version is too old\n");
  say("features of SYSTEM_OFF", psci_hvc(0x8400000a, 0x84000008, 0, 0));
  say("features of an unknown call", psci_hvc(0x8400000a, 0x8400ffff, 0, 0));
  say("affinity of CPU 0", psci_hvc(0xc4000004, 0, 0, 0));
  say("CPU_ON of the running CPU", psci_hvc(0xc4000003, 0, 0x40200000, 0));
  say("unknown call", psci_hvc(0x8400ffff, 0, 0, 0));
  return 0;
}
