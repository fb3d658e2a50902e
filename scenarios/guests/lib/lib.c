/* Console, command line and the few functions the compiler expects. */
#include "inn.h"

void putch(int c) {
  while (mmio32_read(UART + 0x18) & (1 << 5)) { } /* UARTFR.TXFF */
  mmio32(UART, (uint32_t)c);
}

int getch(void) {
  while (mmio32_read(UART + 0x18) & (1 << 4)) { } /* UARTFR.RXFE */
  return (int)(mmio32_read(UART) & 0xff);
}

#include "print.c"

void semihosting_exit(uint32_t status) {
  const uint64_t block[2] = {0x20026, status}; /* ADP_Stopped_ApplicationExit */
  semihosting(0x20, block);                    /* SYS_EXIT_EXTENDED */
  power_off();
}

static uint32_t be32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

/* Walks the structure block for the one property; node nesting does not matter for "bootargs". */
const char *bootargs(const void *device_tree) {
  const uint8_t *fdt = device_tree ? device_tree : (const uint8_t *)0x40000000;
  if (be32(fdt) != 0xd00dfeed) return "";
  const uint8_t *p = fdt + be32(fdt + 8);
  const char *names = (const char *)fdt + be32(fdt + 12);
  for (;;) {
    uint32_t token = be32(p);
    p += 4;
    if (token == 1) { /* begin node: name */
      while (*p) p++;
      p = (const uint8_t *)(((uintptr_t)p + 4) & ~3ul);
    } else if (token == 3) { /* property: length, name, value */
      uint32_t length = be32(p);
      if (same(names + be32(p + 4), "bootargs")) return (const char *)p + 8;
      p += 8 + ((length + 3) & ~3u);
    } else if (token == 9) {
      return "";
    }
  }
}

#include "freestanding.c"

__attribute__((weak)) void exception(unsigned kind, struct frame *f) {
  print("unexpected exception ");
  print_dec(kind);
  print(" esr ");
  print_hex(sysreg_read(esr_el1), 8);
  print(" elr ");
  print_hex(f->elr, 16);
  print(" far ");
  print_hex(sysreg_read(far_el1), 16);
  putch('\n');
  semihosting_exit(99);
}
