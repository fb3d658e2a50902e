/* Translation, permission, access-flag and alignment faults; two virtual names of one page. */
#include "../lib/inn.h"

static uint8_t page[4096] __attribute__((aligned(4096)));
static const uint64_t VA = 0x80001000;

void exception(unsigned kind, struct frame *f) {
  uint64_t esr = sysreg_read(esr_el1);
  unsigned class = (unsigned)(esr >> 26) & 63;
  (void)kind;
  print(class == 0x25 ? "  data abort" : class == 0x21 ? "  instruction abort" : "  other");
  print((esr & 64) && class == 0x25 ? " write" : "");
  print(" status ");
  print_hex(esr & 63, 2);
  print(" far ");
  print_hex(sysreg_read(far_el1), 16);
  putch('\n');
  if (class == 0x21) f->elr = f->x[30];
  else f->elr += 4;
}

static void say(const char *what) {
  print(what);
  putch('\n');
}

int main(const char *args) {
  volatile uint64_t *p = (volatile uint64_t *)VA;
  (void)args;
  say("unmapped page, read and write:");
  (void)*p;
  *p = 1;
  say("read-only page:");
  map_page(VA, (uint64_t)page, PAGE_RO | PAGE_PXN | PAGE_UXN);
  *(volatile uint64_t *)page = 0x1122334455667788;
  print(*p == 0x1122334455667788 ? "  read sees the other name's write\n" : "  read is wrong\n");
  *p = 2;
  say("never executable:");
  ((void (*)(void))VA)();
  say("writable page:");
  map_page(VA, (uint64_t)page, PAGE_PXN | PAGE_UXN);
  *p = 3;
  print(*(volatile uint64_t *)page == 3 ? "  write seen under the other name\n" : "  write is lost\n");
  say("without access flag:");
  map_page(VA, (uint64_t)page, PAGE_NO_AF | PAGE_PXN | PAGE_UXN);
  (void)*p;
  map_page(VA, (uint64_t)page, PAGE_PXN | PAGE_UXN);
  say("unaligned, normal memory:");
  *(volatile uint64_t *)(VA + 3) = 0xaabbccdd00112233;
  print(*(volatile uint64_t *)(VA + 3) == 0xaabbccdd00112233 ? "  works\n" : "  wrong\n");
  say("unaligned across the end of the mapped page:");
  (void)*(volatile uint64_t *)(VA + 0xffc);
  say("unaligned, device memory:");
  (void)*(volatile uint32_t *)(UART + 2);
  say("unaligned exclusive:");
  uint64_t v;
  __asm__ volatile("ldxr %0, [%1]" : "=r"(v) : "r"(VA + 4) : "memory");
  say("alignment check on:");
  sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) | 2);
  isb();
  (void)*(volatile uint64_t *)(VA + 1);
  sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) & ~2ul);
  isb();
  say("address translation instruction:");
  __asm__ volatile("at s1e1r, %0\n isb" ::"r"(VA + 0x10));
  print((sysreg_read(par_el1) & 0xfffffffff001) == (uint64_t)page ? "  physical address right\n" : "  wrong\n");
  __asm__ volatile("at s1e1r, %0\n isb" ::"r"(VA + 0x3000));
  print((sysreg_read(par_el1) & 0x7f) == (7 << 1 | 1) ? "  translation fault told\n" : "  wrong\n");
  return 0;
}
