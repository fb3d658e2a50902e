/* Integer sort with an indirect comparison: heap sort and quicksort over the same data. */
#include "../lib/inn.h"

#define N 4096
static uint32_t data[N];

typedef int compare(uint32_t a, uint32_t b);
static int ascending(uint32_t a, uint32_t b) { return a < b ? -1 : a > b; }
static int descending(uint32_t a, uint32_t b) { return ascending(b, a); }
static int by_low_half(uint32_t a, uint32_t b) { return ascending(a << 16 | a >> 16, b << 16 | b >> 16); }
static compare *volatile const orders[] = {ascending, descending, by_low_half};

static void quicksort(uint32_t *a, long lo, long hi, compare *order) {
  while (lo < hi) {
    uint32_t pivot = a[(lo + hi) / 2];
    long i = lo, j = hi;
    while (i <= j) {
      while (order(a[i], pivot) < 0) i++;
      while (order(a[j], pivot) > 0) j--;
      if (i <= j) {
        uint32_t t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    if (j - lo < hi - i) {
      quicksort(a, lo, j, order);
      lo = i;
    } else {
      quicksort(a, i, hi, order);
      hi = j;
    }
  }
}

int main(const char *args) {
  uint64_t rounds = argument(args, "n=", 8), seed = 1, sum = 0;
  for (uint64_t r = 0; r < rounds; r++) {
    for (int i = 0; i < N; i++) data[i] = (uint32_t)(next_random(&seed) >> 32);
    quicksort(data, 0, N - 1, orders[r % 3]);
    for (int i = 0; i < N; i++) sum = sum * 31 + data[i];
  }
  result("sort", sum);
  return 0;
}
