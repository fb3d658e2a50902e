/* Port I/O of every width, by IN, OUT and their string forms; absent ports read as ones. */
#include "../lib/inn.h"

#define SCRATCH (COM1 + 7)
#define ABSENT 0x1234

int main(const char *args) {
  static const char text[] = "printed by REP OUTSB\n";
  uint8_t bytes[4] = {0, 0, 0, 0};
  uint32_t words[2] = {0, 0};
  (void)args;
  out8(SCRATCH, 0x5a);
  say("scratch", in8(SCRATCH), 2);
  out8(SCRATCH, (uint8_t)~in8(SCRATCH));
  say("scratch", in8(SCRATCH), 2);
  say("absent 1", in8(ABSENT), 2);
  say("absent 2", in16(ABSENT), 4);
  say("absent 4", in32(ABSENT), 8);
  out8(ABSENT, 1), out16(ABSENT, 2), out32(ABSENT, 3);
  say("still absent", in32(ABSENT), 8);
  out8(0x80, 0x42), out16(0x80, 0x42), out32(0x80, 0x42);
  say("last port", in8(0xffff), 2);
  say("immediate port", ({ uint8_t v; __asm__ volatile("in $0x99, %0" : "=a"(v)); v; }), 2);

  const void *from = text;
  uint64_t n = sizeof text - 1;
  __asm__ volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(COM1) : "memory");
  say("left", n, 1);

  void *to = bytes;
  n = 4;
  __asm__ volatile("rep insb" : "+D"(to), "+c"(n) : "d"(SCRATCH) : "memory");
  say("rep insb", bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint64_t)bytes[3] << 24, 8);
  to = words;
  n = 2;
  __asm__ volatile("rep insl" : "+D"(to), "+c"(n) : "d"(ABSENT) : "memory");
  say("rep insl", (uint64_t)words[1] << 32 | words[0], 16);
  return 0;
}
