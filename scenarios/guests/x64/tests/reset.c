/* Resets the machine on its first boot and powers off on its second, known by a marker in memory, which a reset
   keeps. by=0: the keyboard controller; 1: port 0xcf9; 2: waits for somebody else to do it. */
#include "../lib/inn.h"

/* Not in the image, which is loaded again. */
#define MARKER ((volatile uint64_t *)0x300000)

int main(const char *args) {
  if (*MARKER == 0x6e6f6f73206b6361) {
    print("second boot, memory is kept\n");
    return 0;
  }
  *MARKER = 0x6e6f6f73206b6361;
  print("first boot\n");
  switch (argument(args, "by=", 0)) {
    case 0: out8(0x64, 0xfe); break;
    case 1: out8(0xcf9, 2), out8(0xcf9, 6); break;
    default:
      for (;;) pause();
  }
  print("still here\n");
  debug_exit(1);
}
