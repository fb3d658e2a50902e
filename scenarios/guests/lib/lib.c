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

void print(const char *s) {
  while (*s) putch(*s++);
}

void print_hex(uint64_t v, int digits) {
  while (digits-- > 0) putch("0123456789abcdef"[(v >> (4 * digits)) & 15]);
}

void print_dec(uint64_t v) {
  char text[21];
  int n = 0;
  do text[n++] = (char)('0' + v % 10);
  while (v /= 10);
  while (n) putch(text[--n]);
}

void result(const char *name, uint64_t checksum) {
  print(name);
  putch(' ');
  print_hex(checksum, 16);
  putch('\n');
}

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

uint64_t argument(const char *args, const char *name, uint64_t otherwise) {
  for (const char *p = args; *p; p++) {
    const char *a = p, *n = name;
    while (*n && *a == *n) a++, n++;
    if (*n || (p != args && p[-1] != ' ')) continue;
    uint64_t v = 0;
    while (*a >= '0' && *a <= '9') v = v * 10 + (uint64_t)(*a++ - '0');
    return v;
  }
  return otherwise;
}

void *memcpy(void *d, const void *s, size_t n) {
  uint8_t *to = d;
  const uint8_t *from = s;
  while (n--) *to++ = *from++;
  return d;
}

void *memset(void *d, int c, size_t n) {
  uint8_t *to = d;
  while (n--) *to++ = (uint8_t)c;
  return d;
}

void *memmove(void *d, const void *s, size_t n) {
  uint8_t *to = d;
  const uint8_t *from = s;
  if (to <= from) return memcpy(d, s, n);
  while (n--) to[n] = from[n];
  return d;
}

int memcmp(const void *a, const void *b, size_t n) {
  const uint8_t *x = a, *y = b;
  for (; n; n--, x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}

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
