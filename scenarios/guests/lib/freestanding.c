/* Arguments of the command line and the few functions the compiler expects, for every architecture;
   included by its lib.c. */
#include "shared.h"

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
