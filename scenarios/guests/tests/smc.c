/* Self-modifying code: a function is rewritten between calls, and a loop patches its own body. */
#include "../lib/inn.h"

static uint32_t code[64] __attribute__((aligned(4096)));

static void sync(const void *p) {
  __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(p) : "memory");
}

int main(const char *args) {
  (void)args;
  uint64_t sum = 0;
  uint64_t (*f)(void) = (uint64_t(*)(void))code;
  code[1] = 0xd65f03c0; /* ret */
  for (uint32_t i = 0; i < 1000; i++) {
    code[0] = 0xd2800000 | i << 5; /* mov x0, #i */
    sync(code);
    sum += f();
  }
  print("rewritten function: ");
  print_dec(sum); /* 499500 */
  putch('\n');
  /* loop: add w0, w0, #imm; its own immediate grows by one each round */
  uint64_t r, n = 100;
  uint32_t *loop = code + 16;
  loop[0] = 0x11000000; /* add w0, w0, #0 */
  loop[1] = 0xb9400023; /* ldr w3, [x1] */
  loop[2] = 0x11100063; /* add w3, w3, #0x400: imm12 + 1 */
  loop[3] = 0xb9000023; /* str w3, [x1] */
  loop[4] = 0xd50b7b21; /* dc cvau, x1 */
  loop[5] = 0xd5033b9f; /* dsb ish */
  loop[6] = 0xd50b7521; /* ic ivau, x1 */
  loop[7] = 0xd5033b9f; /* dsb ish */
  loop[8] = 0xd5033fdf; /* isb */
  loop[9] = 0xf1000442; /* subs x2, x2, #1 */
  loop[10] = 0x54fffec1; /* b.ne loop */
  loop[11] = 0xd65f03c0; /* ret */
  sync(loop);
  r = ((uint64_t(*)(uint64_t, uint32_t *, uint64_t))loop)(0, loop, n);
  print("loop that patches itself: ");
  print_dec(r); /* 0 + 1 + … + 99 = 4950 */
  putch('\n');
  return 0;
}
