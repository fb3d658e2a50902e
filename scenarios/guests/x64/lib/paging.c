/* A window of 4 KiB pages, hung into the tables the loader has made. */
#include "inn.h"

static uint64_t pdpt[512] __attribute__((aligned(4096)));
static uint64_t pd[512] __attribute__((aligned(4096)));
static uint64_t pt[512] __attribute__((aligned(4096)));

void map_page(uint64_t va, uint64_t pa, uint64_t flags) {
  uint64_t *pml4 = (uint64_t *)(cr_read(cr3) & ~0xffful);
  pt[va >> 12 & 511] = pa | flags;
  pd[0] = (uint64_t)pt | PAGE_PRESENT | PAGE_WRITE;
  pdpt[0] = (uint64_t)pd | PAGE_PRESENT | PAGE_WRITE;
  pml4[WINDOW >> 39 & 511] = (uint64_t)pdpt | PAGE_PRESENT | PAGE_WRITE;
  __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}
