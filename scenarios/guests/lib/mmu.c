/* Identity map of the first 2 GiB and a window of 4 KiB pages at 2 GiB, under TTBR0. */
#include "inn.h"

static uint64_t l0[512] __attribute__((aligned(4096)));
static uint64_t l1[512] __attribute__((aligned(4096)));
static uint64_t l2_ram[512] __attribute__((aligned(4096)));
static uint64_t l2_window[512] __attribute__((aligned(4096)));
static uint64_t l3_window[512] __attribute__((aligned(4096)));

#define TABLE 3ul
#define BLOCK 1ul
#define ATTR_DEVICE (1ul << 2) /* MAIR index 1 */

void mmu_on(void) {
  l0[0] = (uint64_t)l1 | TABLE;
  l1[0] = 0ul | BLOCK | PAGE_AF | ATTR_DEVICE | PAGE_PXN | PAGE_UXN;
  l1[1] = (uint64_t)l2_ram | TABLE;
  l1[2] = (uint64_t)l2_window | TABLE;
  for (uint64_t i = 0; i < 512; i++)
    l2_ram[i] = (0x40000000ul + (i << 21)) | BLOCK | PAGE_AF | PAGE_SH;
  l2_window[0] = (uint64_t)l3_window | TABLE;
  mmu_enable();
}

void mmu_enable(void) {
  sysreg_write(mair_el1, 0x00fful); /* 0: normal write-back, 1: device nGnRnE */
  sysreg_write(tcr_el1, 16ul | 1ul << 8 | 1ul << 10 | 3ul << 12 | 1ul << 23 | 2ul << 32 | 16ul << 16 | 2ul << 30);
  sysreg_write(ttbr0_el1, l0);
  dsb();
  isb();
  __asm__ volatile("tlbi vmalle1\n dsb sy\n isb" ::: "memory");
  sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) | 1ul | 1ul << 2 | 1ul << 12);
  isb();
}

static void forget(uint64_t va) {
  dsb();
  __asm__ volatile("tlbi vaae1, %0\n dsb sy\n isb" ::"r"(va >> 12) : "memory");
}

void map_page(uint64_t va, uint64_t pa, uint64_t attributes) {
  uint64_t entry = pa | TABLE | PAGE_AF | PAGE_SH | attributes;
  l3_window[(va >> 12) & 511] = attributes & PAGE_NO_AF ? entry & ~PAGE_AF : entry;
  forget(va);
}

void unmap_page(uint64_t va) {
  l3_window[(va >> 12) & 511] = 0;
  forget(va);
}
