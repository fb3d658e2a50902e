/* What every x86-64 guest may use. */
#pragma once
#include "../../lib/shared.h"

/* Board: pc-x64. */
#define COM1 0x3f8
#define DEBUG_EXIT 0xf4
#define PM1A_CONTROL 0x604
#define PM_TIMER 0x608 /* 24 or 32 bits at 3,579,545 Hz */
#define IOAPIC 0xfec00000ul
#define LAPIC 0xfee00000ul

#define port_functions(type, bits, suffix)                                     \
  static inline type in##bits(uint16_t port) {                                 \
    type v;                                                                    \
    __asm__ volatile("in" suffix " %1, %0" : "=a"(v) : "Nd"(port) : "memory"); \
    return v;                                                                  \
  }                                                                            \
  static inline void out##bits(uint16_t port, type v) {                        \
    __asm__ volatile("out" suffix " %0, %1" ::"a"(v), "Nd"(port) : "memory");  \
  }
port_functions(uint8_t, 8, "b") port_functions(uint16_t, 16, "w") port_functions(uint32_t, 32, "l")
#undef port_functions

#define cr_read(name) ({ uint64_t v_; __asm__ volatile("mov %%" #name ", %0" : "=r"(v_)::"memory"); v_; })
/* Sleeps until an interrupt. To be called with interrupts off, so that none slips in before. */
#define sleep_until_interrupt() __asm__ volatile("sti\n hlt\n cli" ::: "memory")
#define pause() __asm__ volatile("pause" ::: "memory")

void say(const char *what, uint64_t v, int digits); /* "what 00ff\n" */

/* The machine ends with 2 * value + 1, as with QEMU's isa-debug-exit. */
void debug_exit(uint32_t value) __attribute__((noreturn));

/* What the loader gave: one of the two is not 0 (Linux's zero page; PVH's hvm_start_info). */
extern uint64_t boot_params, start_info;
struct range {
  uint64_t start, length;
  uint32_t type; /* 1: RAM */
} __attribute__((packed));
/* Range number i of the memory map, of which there are memory_ranges(). */
unsigned memory_ranges(void);
struct range memory_range(unsigned i);

/* Exceptions and interrupts, vectors 0 to 63: a guest that expects any defines exception(); elsewhere it
   prints and ends with status 199. */
struct frame {
  uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
void exception(struct frame *f);

/* Interrupts. lapic_on() turns the local APIC on and masks both 8259s; ioapic_route() has CPU 0 interrupted with
   `vector` by that pin of the I/O APIC. */
void lapic_on(void);
void lapic_eoi(void);
void ioapic_route(unsigned pin, unsigned vector);
uint32_t ioapic_read(unsigned index);

/* Starts the CPU with that APIC id: it calls entry() on the stack that ends at stack_end. */
void start_cpu(unsigned apic_id, void (*entry)(void), void *stack_end);

/* Maps one 4 KiB page in the 2 MiB from WINDOW, where nothing is mapped; the loader maps below 4 GiB. */
#define WINDOW 0x8000000000ul
void map_page(uint64_t va, uint64_t pa, uint64_t flags);
#define PAGE_PRESENT 1ul
#define PAGE_WRITE 2ul
#define PAGE_NX (1ul << 63)
