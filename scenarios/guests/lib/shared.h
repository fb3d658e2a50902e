/* What every guest of every architecture may use. */
#pragma once
#include <stddef.h>
#include <stdint.h>

static inline void mmio32(uintptr_t a, uint32_t v) { *(volatile uint32_t *)a = v; }
static inline uint32_t mmio32_read(uintptr_t a) { return *(volatile uint32_t *)a; }

/* Console. */
void putch(int c);
int getch(void);
void print(const char *s);
void print_hex(uint64_t v, int digits);
void print_dec(uint64_t v);
void result(const char *name, uint64_t checksum); /* "name 0123456789abcdef\n" */

/* The number behind a name: argument(args, "n=", 5) is 5 unless the command line has "n=…". */
uint64_t argument(const char *args, const char *name, uint64_t otherwise);

/* Freestanding library. */
void *memcpy(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
void *memmove(void *d, const void *s, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* A small generator of test data (xorshift64*), the same on every machine. */
static inline uint64_t next_random(uint64_t *state) {
  uint64_t x = *state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  *state = x;
  return x * 0x2545f4914f6cdd1dull;
}

/* Returning from main is powering off. */
void power_off(void) __attribute__((noreturn));
int main(const char *args);
