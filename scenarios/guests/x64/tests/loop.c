/* A hot loop of integer instructions with a checksum; n= on the command line is the number of rounds. */
#include "../lib/inn.h"

int main(const char *args) {
  uint64_t rounds = argument(args, "n=", 20000), seed = 4, sum = 0;
  for (uint64_t i = 0; i < rounds; i++) {
    uint64_t x = next_random(&seed);
    sum = (sum << 7 | sum >> 57) ^ x;
    if (x & 1) sum += x / ((x >> 40) | 1);
    else sum -= x * i;
  }
  result("loop", sum);
  return 0;
}
