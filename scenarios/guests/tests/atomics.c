/* Exclusives and the LSE atomics: values, status and what loses the monitor. */
#include "../lib/inn.h"

static uint64_t word[2] __attribute__((aligned(16)));

void exception(unsigned kind, struct frame *f) {
  (void)kind, (void)f; /* an SVC: taking and returning from an exception loses the monitor */
}

static void say(const char *what, uint64_t v) {
  print(what);
  putch(' ');
  print_dec(v);
  putch('\n');
}

int main(const char *args) {
  uint64_t v;
  uint32_t status;
  (void)args;
  word[0] = 5;
  __asm__ volatile("ldxr %0, [%2]\n add %0, %0, #1\n stxr %w1, %0, [%2]" : "=&r"(v), "=&r"(status) : "r"(word) : "memory");
  say("stxr", status);
  say("value", word[0]);
  __asm__ volatile("stxr %w0, %1, [%2]" : "=&r"(status) : "r"(9ul), "r"(word) : "memory");
  say("stxr without ldxr", status);
  __asm__ volatile("ldxr %0, [%2]\n clrex\n stxr %w1, %0, [%2]" : "=&r"(v), "=&r"(status) : "r"(word) : "memory");
  say("stxr after clrex", status);
  __asm__ volatile("ldxr %0, [%2]\n svc #0\n stxr %w1, %0, [%2]" : "=&r"(v), "=&r"(status) : "r"(word) : "memory");
  say("stxr after an exception", status);
  __asm__ volatile("ldaxp x2, x3, [%1]\n stlxp %w0, x3, x2, [%1]" : "=&r"(status) : "r"(word) : "x2", "x3", "memory");
  say("stlxp", status);
  say("swapped", word[1]);
  __asm__ volatile(".arch_extension lse\n ldadd %2, %0, [%1]" : "=&r"(v) : "r"(word), "r"(10ul) : "memory");
  say("ldadd old", v);
  say("ldadd new", word[0]);
  v = 10;
  __asm__ volatile(".arch_extension lse\n cas %0, %2, [%1]" : "+r"(v) : "r"(word), "r"(77ul) : "memory");
  say("cas", word[0]);
  v = 1;
  __asm__ volatile(".arch_extension lse\n cas %0, %2, [%1]" : "+r"(v) : "r"(word), "r"(88ul) : "memory");
  say("cas that fails", word[0]);
  say("cas old", v);
  __asm__ volatile(".arch_extension lse\n swpal %2, %0, [%1]" : "=&r"(v) : "r"(word), "r"(3ul) : "memory");
  say("swp old", v);
  __asm__ volatile(".arch_extension lse\n ldsmaxb %w2, %w0, [%1]" : "=&r"(v) : "r"(word), "r"(0x80ul) : "memory");
  say("signed byte max", word[0]);
  __asm__ volatile(".arch_extension lse\n ldumaxb %w2, %w0, [%1]" : "=&r"(v) : "r"(word), "r"(0x80ul) : "memory");
  say("unsigned byte max", word[0]);
  return 0;
}
