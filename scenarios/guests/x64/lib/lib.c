/* Console, power, command line, memory map. */
#include "inn.h"

void putch(int c) {
  while (!(in8(COM1 + 5) & 1 << 5)) { } /* LSR.THRE */
  out8(COM1, (uint8_t)c);
}

int getch(void) {
  while (!(in8(COM1 + 5) & 1)) pause(); /* LSR.DR */
  return in8(COM1);
}

#include "../../lib/print.c"

#include "../../lib/freestanding.c"

void say(const char *what, uint64_t v, int digits) {
  print(what);
  putch(' ');
  print_hex(v, digits);
  putch('\n');
}

/* Sleeps for ever. */
static void stop(void) __attribute__((noreturn));
static void stop(void) {
  for (;;) __asm__ volatile("cli\n hlt");
}

void power_off(void) {
  out16(PM1A_CONTROL, 1 << 13 | 5 << 10); /* SLP_EN, SLP_TYP of S5 */
  out16(PM1A_CONTROL, 1 << 13);           /* S5 of QEMU's q35 */
  stop();
}

void debug_exit(uint32_t value) {
  out32(DEBUG_EXIT, value);
  stop();
}

/* Written before .bss is zeroed. */
__attribute__((section(".data"))) uint64_t boot_params = 0, start_info = 0;

static uint64_t field64(uint64_t at) { return *(volatile uint64_t *)at; }

const char *command_line(void) {
  uint64_t at = start_info ? field64(start_info + 24) : *(volatile uint32_t *)(boot_params + 0x228);
  return at ? (const char *)at : "";
}

unsigned memory_ranges(void) {
  return start_info ? *(volatile uint32_t *)(start_info + 48) : *(volatile uint8_t *)(boot_params + 0x1e8);
}

struct range memory_range(unsigned i) {
  const struct range *r = start_info ? (void *)(field64(start_info + 40) + 24ul * i)
                                     : (void *)(boot_params + 0x2d0 + 20ul * i);
  return *r;
}

__attribute__((weak)) void exception(struct frame *f) {
  print("unexpected vector ");
  print_dec(f->vector);
  print(" error ");
  print_hex(f->error, 4);
  print(" rip ");
  print_hex(f->rip, 16);
  print(" cr2 ");
  print_hex(cr_read(cr2), 16);
  putch('\n');
  debug_exit(99);
}
