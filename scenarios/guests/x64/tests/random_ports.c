/* Reads and writes ports at random (n= times from seed=), in every width: none of them does any harm. */
#include "../lib/inn.h"

/* Ports whose purpose is harm, and the three before each, for wide writes: (first, last). */
static const uint16_t spared[][2] = {
  {0x60, 0x64},   /* keyboard controller: reset */
  {0x8f, 0x92},   /* fast reset of other machines */
  {0xf1, 0xf7},   /* debug exit */
  {0x3f5, 0x3f8}, /* COM1's data, which would be noise */
  {0x601, 0x605}, /* PM1a control: power off */
  {0xcf6, 0xcf9}, /* reset register */
};

static int is_spared(uint16_t port) {
  for (size_t i = 0; i < sizeof spared / sizeof *spared; i++)
    if (port >= spared[i][0] && port <= spared[i][1]) return 1;
  return 0;
}

static void access_port(uint64_t r) {
  uint16_t port = (uint16_t)(r >> 40);
  /* Half of them where a PC has its devices. */
  if (r >> 63) port &= 0x7ff;
  uint32_t value = (uint32_t)r;
  if ((r >> 32 & 1) && !is_spared(port)) {
    switch (r >> 33 & 3) {
      case 0: out8(port, (uint8_t)value); break;
      case 1: out16(port, (uint16_t)value); break;
      default: out32(port, value);
    }
  } else {
    switch (r >> 33 & 3) {
      case 0: in8(port); break;
      case 1: in16(port); break;
      default: in32(port);
    }
  }
}

int main(const char *args) {
  uint64_t seed = argument(args, "seed=", 1);
  for (uint64_t n = argument(args, "n=", 3000); n; n--) access_port(next_random(&seed));
  /* COM1 as it was: no loopback, no divisor latch. */
  out8(COM1 + 3, 3);
  out8(COM1 + 4, 0);
  out8(COM1 + 1, 0);
  out8(COM1 + 2, 0);
  print("\nsurvived\n");
  return 0;
}
