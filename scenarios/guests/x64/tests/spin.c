/* Never ends; whoever looks finds known registers. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  print("spinning\n");
  __asm__ volatile("mov $0x1badcafe, %%ebx\n"
                   "mov $0x1122334455667788, %%r12\n"
                   "mov $-1, %%r15\n"
                   "mov %%rbx, %%cr2\n"
                   "stc\n"
                   "1: jmp 1b" ::: "rbx", "r12", "r15");
  return 0;
}
