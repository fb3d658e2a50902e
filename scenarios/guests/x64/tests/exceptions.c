/* Exceptions taken by the guest's own IDT, with their error codes and CR2; each time the guest goes on. */
#include "../lib/inn.h"

static volatile uint64_t fault_at, go_on_at;

void exception(struct frame *f) {
  print("vector ");
  print_dec(f->vector);
  print(" error ");
  print_hex(f->error, 4);
  if (f->vector == 14) {
    print(" cr2 ");
    print_hex(cr_read(cr2), 16);
  }
  print(f->rip == fault_at ? " at the instruction" : f->rip == cr_read(cr2) ? " at the target" : " elsewhere");
  putch('\n');
  f->rip = go_on_at;
}

#define READ_ONLY (WINDOW + 0x1000)
#define ABSENT (WINDOW + 0x2000)

/* Says what comes, sets RAX and RCX, and executes the one instruction. */
#define attempt(what, rax, rcx, instruction)                                                   \
  (print(what ": "), ({                                                                        \
     uint64_t a_ = (rax), c_ = (rcx), d_ = 0;                                                  \
     __asm__ volatile("movq $1f, %0\n movq $2f, %1\n1: " instruction "\n2:"                   \
                      : "=m"(fault_at), "=m"(go_on_at), "+a"(a_), "+c"(c_), "+d"(d_)::"memory"); \
   }))

int main(const char *args) {
  static uint8_t page[4096] __attribute__((aligned(4096)));
  (void)args;
  map_page(READ_ONLY, (uint64_t)page, PAGE_PRESENT | PAGE_NX);
  attempt("division by zero", 1, 0, "div %%ecx");
  attempt("undefined instruction", 0, 0, "ud2");
  attempt("address that is not canonical", 0, 1ul << 63, "mov (%%rcx), %%rax");
  attempt("selector beyond the table", 0x1230, 0, "mov %%eax, %%fs");
  attempt("read of an absent page", 0, ABSENT + 0x123, "mov (%%rcx), %%al");
  attempt("write to an absent page", 0, ABSENT + 0x456, "mov %%al, (%%rcx)");
  attempt("write to a read-only page", 0, READ_ONLY + 0x789, "mov %%al, (%%rcx)");
  attempt("jump to a page of data", 0, READ_ONLY, "jmp *%%rcx");
  print("went on\n");
  return 0;
}
