/* Recursive calls: Fibonacci, Ackermann, Hanoi and mutual recursion. */
#include "../lib/inn.h"

__attribute__((noinline)) static uint64_t fib(uint64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

__attribute__((noinline)) static uint64_t ackermann(uint64_t m, uint64_t n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

__attribute__((noinline)) static uint64_t hanoi(int n, int from, int to, int spare) {
  if (n == 0) return 0;
  return hanoi(n - 1, from, spare, to) * 3 + (uint64_t)(from * 4 + to) + hanoi(n - 1, spare, to, from);
}

__attribute__((noinline)) static int odd(unsigned n);
__attribute__((noinline)) static int even(unsigned n) { return n == 0 ? 1 : !!odd(n - 1); }
__attribute__((noinline)) static int odd(unsigned n) { return n == 0 ? 0 : !!even(n - 1); }

int main(const char *args) {
  uint64_t rounds = argument(args, "n=", 3), sum = 0;
  for (uint64_t r = 0; r < rounds; r++)
    sum = sum * 31 + fib(24) + ackermann(2, 200 + (r & 7)) + hanoi(14, 0, 1, 2) + (uint64_t)even(500);
  result("calls", sum);
  return 0;
}
