/* Double-precision matrix product with inexact data. */
#include "../lib/inn.h"

#define N 48
static double a[N][N], b[N][N], c[N][N];

static void multiply(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double s = 0;
      for (int k = 0; k < N; k++) s += a[i][k] * b[k][j];
      c[i][j] = s;
    }
}

int main(const char *args) {
  uint64_t rounds = argument(args, "n=", 20), seed = 3, sum = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = (double)(next_random(&seed) >> 11) / 3e15;
      b[i][j] = 0.1 + (double)(next_random(&seed) >> 11) / 7e15;
    }
  for (uint64_t r = 0; r < rounds; r++) {
    multiply();
    double trace = 0;
    for (int i = 0; i < N; i++) trace += c[i][i];
    a[r % N][(r * 7) % N] = trace / 1000.0;
    union { double d; uint64_t u; } v = {trace};
    sum = sum * 31 + v.u;
  }
  result("matmul", sum);
  return 0;
}
