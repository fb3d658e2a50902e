/* What every AArch64 guest may use. */
#pragma once
#include "shared.h"

/* Board: virt. */
#define UART 0x09000000ul
#define GICD 0x08000000ul
#define GICC 0x08010000ul

#define sysreg_read(name) ({ uint64_t v_; __asm__ volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define sysreg_write(name, v) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(v)) : "memory")
#define isb() __asm__ volatile("isb" ::: "memory")
#define dsb() __asm__ volatile("dsb sy" ::: "memory")

/* Start and stop. */
uint64_t semihosting(uint64_t op, const void *parameter);
void semihosting_exit(uint32_t status) __attribute__((noreturn));

/* Command line: the device tree's bootargs. */
const char *bootargs(const void *device_tree);

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
