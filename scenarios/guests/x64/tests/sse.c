/* One SSE instruction. A KVM without hardware, which emulates, does not know it. */
#include "../lib/inn.h"

int main(const char *args) {
  uint64_t low;
  (void)args;
  print("adding two vectors\n");
  __asm__ volatile("mov %%cr4, %%rax\n or $(3 << 9), %%rax\n mov %%rax, %%cr4" ::: "rax"); /* OSFXSR, OSXMMEXCPT */
  __asm__ volatile("movq %1, %%xmm0\n paddd %%xmm0, %%xmm0\n movq %%xmm0, %0" : "=r"(low) : "r"(0x8000000180000002ul));
  print_hex(low, 16);
  putch('\n');
  return 0;
}
