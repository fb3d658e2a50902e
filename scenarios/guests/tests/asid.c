/* Two address spaces under one virtual page, told apart by ASID without any TLB maintenance. */
#include "../lib/inn.h"

static uint64_t tables[2][4][512] __attribute__((aligned(4096)));
static uint64_t pages[2][512] __attribute__((aligned(4096)));

int main(const char *args) {
  uint64_t old = sysreg_read(ttbr0_el1);
  (void)args;
  for (uint64_t s = 0; s < 2; s++) {
    uint64_t(*t)[512] = tables[s];
    memcpy(t[0], (void *)old, 4096);
    memcpy(t[1], (void *)(t[0][0] & ~0xffful), 4096);
    t[0][0] = (uint64_t)t[1] | 3;
    t[1][3] = (uint64_t)t[2] | 3; /* 0xc000_0000 */
    t[2][0] = (uint64_t)t[3] | 3;
    t[3][0] = (uint64_t)pages[s] | 3 | PAGE_AF | PAGE_SH | PAGE_NG | PAGE_UXN | PAGE_PXN;
    pages[s][0] = 100 + s;
  }
  dsb();
  volatile uint64_t *p = (volatile uint64_t *)0xc0000000ul;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < 1000; i++) {
    uint64_t s = i & 1;
    sysreg_write(ttbr0_el1, (uint64_t)tables[s][0] | (s + 1) << 48);
    isb();
    sum += *p * (i + 1);
    *p += 2;
  }
  sysreg_write(ttbr0_el1, old);
  isb();
  print("space 0: ");
  print_dec(pages[0][0]);
  print(", space 1: ");
  print_dec(pages[1][0]);
  print(", sum ");
  print_dec(sum);
  putch('\n');
  return 0;
}
