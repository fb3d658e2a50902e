/* What every guest may use. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Board: virt. */
#define UART 0x09000000ul
#define GICD 0x08000000ul
#define GICC 0x08010000ul

static inline void mmio32(uintptr_t a, uint32_t v) { *(volatile uint32_t *)a = v; }
static inline uint32_t mmio32_read(uintptr_t a) { return *(volatile uint32_t *)a; }

#define sysreg_read(name) ({ uint64_t v_; __asm__ volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define sysreg_write(name, v) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(v)) : "memory")
#define isb() __asm__ volatile("isb" ::: "memory")
#define dsb() __asm__ volatile("dsb sy" ::: "memory")

/* Console. */
void putch(int c);
int getch(void);
void print(const char *s);
void print_hex(uint64_t v, int digits);
void print_dec(uint64_t v);
void result(const char *name, uint64_t checksum); /* "name 0123456789abcdef\n" */

/* Start and stop. */
void power_off(void) __attribute__((noreturn));
uint64_t semihosting(uint64_t op, const void *parameter);
void semihosting_exit(uint32_t status) __attribute__((noreturn));

/* Command line: the device tree's bootargs; argument(args, "n=", 5) is 5 unless "n=…" is given. */
const char *bootargs(const void *device_tree);
uint64_t argument(const char *args, const char *name, uint64_t otherwise);

/* Exceptions: a guest that expects any defines exception(); elsewhere it prints and powers off. */
struct frame {
  uint64_t x[31];
  uint64_t elr;
  uint64_t spsr;
};
void exception(unsigned kind, struct frame *f);

/* Memory map: identity, RAM cached in 2 MiB blocks, devices below 1 GiB. */
void mmu_on(void);
/* Turns the MMU on with the tables mmu_on has made: what another CPU does. */
void mmu_enable(void);
/* Maps one 4 KiB page at va (in the range 0x8000_0000..0x8020_0000) with the attribute bits. */
void map_page(uint64_t va, uint64_t pa, uint64_t attributes);
void unmap_page(uint64_t va);
#define PAGE_AF (1ul << 10)    /* set by map_page unless PAGE_NO_AF is given */
#define PAGE_NO_AF (1ul << 58) /* a bit the hardware ignores */
#define PAGE_SH (3ul << 8)
#define PAGE_EL0 (1ul << 6)
#define PAGE_RO (1ul << 7)
#define PAGE_NG (1ul << 11)
#define PAGE_PXN (1ul << 53)
#define PAGE_UXN (1ul << 54)

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

int main(const char *args);
