/* A second CPU is started by INIT and SIPI; the two pass a ball (n= rounds) and count under a lock. On a busy host
   every round may cost a turn of its scheduler. */
#include "../lib/inn.h"

static uint8_t stack[4096] __attribute__((aligned(16)));
static volatile uint64_t ball, started, second_done, rounds;
static uint64_t lock, counter, atomic;

/* CPUID leaf 1: the APIC id this CPU began with. */
static uint64_t cpu_number(void) {
  uint32_t a = 1, b, c = 0, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return b >> 24;
}

static void count(unsigned n) {
  for (unsigned i = 0; i < n; i++) {
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) pause();
    counter++;
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    __atomic_fetch_add(&atomic, 3, __ATOMIC_RELAXED);
  }
}

static void play(uint64_t me) {
  for (uint64_t b; (b = ball) < rounds;) {
    if ((b & 1) == me) ball = b + 1;
    else pause();
  }
}

static void second(void) {
  started = cpu_number();
  play(1);
  count(50);
  second_done = 1;
}

int main(const char *args) {
  rounds = argument(args, "n=", 20);
  lapic_on();
  start_cpu(1, second, stack + sizeof stack);
  play(0);
  count(50);
  while (!second_done) pause();
  print("ball ");
  print_dec(ball);
  print(", started CPU ");
  print_dec(started);
  print(", counted ");
  print_dec(counter);
  print(", added ");
  print_dec(atomic);
  putch('\n');
  return 0;
}
