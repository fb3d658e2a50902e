/* CRC-32: bit by bit, by table, and 64-bit Adler-like sums over a larger buffer. */
#include "../lib/inn.h"

#define N 65536
static uint8_t data[N];
static uint32_t table[256];

static uint32_t crc_bits(const uint8_t *p, size_t n) {
  uint32_t c = ~0u;
  while (n--) {
    c ^= *p++;
    for (int i = 0; i < 8; i++) c = c >> 1 ^ (0xedb88320 & -(c & 1));
  }
  return ~c;
}

static uint32_t crc_table(const uint8_t *p, size_t n) {
  uint32_t c = ~0u;
  while (n--) c = table[(c ^ *p++) & 255] ^ c >> 8;
  return ~c;
}

int main(const char *args) {
  uint64_t rounds = argument(args, "n=", 12), seed = 6, sum = 0;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c >> 1 ^ (0xedb88320 & -(c & 1));
    table[i] = c;
  }
  for (int i = 0; i < N; i++) data[i] = (uint8_t)(next_random(&seed) >> 40);
  result("crc-check", crc_bits((const uint8_t *)"123456789", 9)); /* cbf43926 */
  for (uint64_t r = 0; r < rounds; r++) {
    sum = sum * 31 + crc_table(data, N) + crc_bits(data, N / 16);
    data[r % N] ^= (uint8_t)sum;
  }
  result("crc", sum);
  return 0;
}
