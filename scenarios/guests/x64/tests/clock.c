/* The ACPI PM timer runs, and the time-stamp counter beside it at the frequency that CPUID declares. */
#include "../lib/inn.h"

#define PM_TICKS (3579545 / 50) /* 20 ms */

static uint64_t tsc(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
  return (uint64_t)high << 32 | low;
}

struct leaf {
  uint32_t a, b, c, d;
};
static struct leaf cpuid(uint32_t number) {
  struct leaf l = {number, 0, 0, 0};
  __asm__ volatile("cpuid" : "+a"(l.a), "=b"(l.b), "+c"(l.c), "=d"(l.d));
  return l;
}

/* kHz, or 0: the crystal's frequency and its ratio, or the hypervisors' leaf. */
static uint64_t declared(void) {
  if (cpuid(0).a >= 0x15) {
    struct leaf l = cpuid(0x15);
    if (l.a && l.b && l.c) return (uint64_t)l.c * l.b / l.a / 1000;
  }
  if (cpuid(0x40000000).a >= 0x40000010) return cpuid(0x40000010).a;
  return 0;
}

/* kHz, by the PM timer; the lower 24 bits are enough. */
static uint64_t measured(void) {
  uint32_t pm = in32(PM_TIMER), passed;
  uint64_t start = tsc();
  do passed = (in32(PM_TIMER) - pm) & 0xffffff;
  while (passed < PM_TICKS);
  return (tsc() - start) * 3579545 / passed / 1000;
}

int main(const char *args) {
  (void)args;
  uint64_t khz = declared();
  print(khz ? "the TSC's frequency is declared\n" : "the TSC's frequency is not declared\n");
  /* The host may take the CPU away between two readings: once in ten is good enough. */
  for (int i = 0; khz && i < 10; i++) {
    uint64_t found = measured();
    if (found > khz - khz / 50 && found < khz + khz / 50) {
      print("it is as measured\n");
      return 0;
    }
    print("measured ");
    print_dec(found);
    print(" kHz of ");
    print_dec(khz);
    putch('\n');
  }
  return 0;
}
