/* String and memory routines: loops that gcc -O3 vectorises, and the NEON idioms of libc. */
#include <arm_neon.h>
#include "../lib/inn.h"

#define N 8192
static uint8_t text[N + 64], copy[N + 64];
static uint32_t counts[256];

__attribute__((noinline)) static void upper(uint8_t *p, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (p[i] >= 'a' && p[i] <= 'z') p[i] = (uint8_t)(p[i] - 32);
}

__attribute__((noinline)) static uint64_t total(const uint8_t *p, size_t n) {
  uint64_t s = 0;
  for (size_t i = 0; i < n; i++) s += p[i];
  return s;
}

__attribute__((noinline)) static size_t count(const uint8_t *p, size_t n, uint8_t c) {
  size_t k = 0;
  for (size_t i = 0; i < n; i++) k += p[i] == c;
  return k;
}

__attribute__((noinline)) static uint8_t largest(const uint8_t *p, size_t n) {
  uint8_t m = 0;
  for (size_t i = 0; i < n; i++) m = p[i] > m ? p[i] : m;
  return m;
}

__attribute__((noinline)) static void reverse(uint8_t *d, const uint8_t *s, size_t n) {
  for (size_t i = 0; i < n; i++) d[i] = s[n - 1 - i];
}

/* strlen by compare and narrowing shift, as in libc for AArch64 */
__attribute__((noinline)) static size_t length(const uint8_t *p) {
  for (size_t n = 0;; n += 16) {
    uint8x16_t zero = vceqzq_u8(vld1q_u8(p + n));
    uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(zero), 4)), 0);
    if (mask) return n + (size_t)__builtin_ctzll(mask) / 4;
  }
}

/* memchr, the same way */
__attribute__((noinline)) static const uint8_t *find(const uint8_t *p, uint8_t c) {
  uint8x16_t wanted = vdupq_n_u8(c);
  for (;; p += 16) {
    uint8x16_t same = vceqq_u8(vld1q_u8(p), wanted);
    if (vmaxvq_u8(same)) {
      uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(same), 4)), 0);
      return p + (size_t)__builtin_ctzll(mask) / 4;
    }
  }
}

__attribute__((noinline)) static void move64(uint8_t *d, const uint8_t *s, size_t n) {
  for (size_t i = 0; i < n; i += 64) {
    uint8x16x4_t v = vld1q_u8_x4(s + i);
    vst1q_u8_x4(d + i, v);
  }
}

/* splits pixels into planes and back, with table lookups between */
__attribute__((noinline)) static void planes(uint8_t *p, size_t n) {
  const uint8x16_t table = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
  for (size_t i = 0; i + 48 <= n; i += 48) {
    uint8x16x3_t v = vld3q_u8(p + i);
    v.val[0] = vqaddq_u8(v.val[0], vqtbl1q_u8(table, vandq_u8(v.val[1], vdupq_n_u8(15))));
    v.val[2] = vrhaddq_u8(v.val[2], vextq_u8(v.val[0], v.val[1], 5));
    vst3q_u8(p + i, v);
  }
}

int main(const char *args) {
  uint64_t rounds = argument(args, "n=", 60), seed = 4, sum = 0;
  for (int i = 0; i < N; i++) text[i] = (uint8_t)(32 + next_random(&seed) % 95);
  text[N - 1] = 0;
  for (uint64_t r = 0; r < rounds; r++) {
    move64(copy, text, N);
    upper(copy, N - 1);
    sum = sum * 31 + total(copy, N) + count(copy, N, 'A') * 7 + largest(text, N) + length(copy + (r & 15));
    for (uint8_t c = 'B'; c < 'L'; c++) sum += (uint64_t)(find(copy, c) - copy);
    reverse(text, copy, N - 1);
    planes(copy, N - 64);
    for (int i = 0; i < N; i++) counts[copy[i]]++;
    for (int i = 0; i < 256; i++) sum ^= (uint64_t)counts[i] << (i & 31);
    text[r % (N - 1)] = (uint8_t)('a' + r % 26);
  }
  result("strings", sum);
  return 0;
}
