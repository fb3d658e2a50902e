/* Copied to 0x80000, where another CPU begins in real mode with CS 0x8000: to 64-bit mode with the page tables
   of the CPU that started it, then to its entry. The GDT is the guest's own only once 64-bit code runs, for
   LGDT in real mode reads 24 bits. */
        .set    BASE_AT, 0x80000
        .section .text.trampoline, "ax"
        .globl  trampoline, trampoline_end, trampoline_start
        .balign 16
trampoline:
        .code16
        cli
        mov     %cs, %ax
        mov     %ax, %ds
        lgdtl   low_gdt_pointer - trampoline
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $8, $(BASE_AT + protected - trampoline)

        .code32
protected:
        mov     $0x18, %eax
        mov     %eax, %ds
        mov     %eax, %ss
        mov     %cr4, %eax
        or      $(1 << 5), %eax         /* PAE */
        mov     %eax, %cr4
        mov     BASE_AT + trampoline_start - trampoline, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER: LME and NXE */
        rdmsr
        or      $0x900, %eax
        wrmsr
        mov     %cr0, %eax
        or      $0x80010000, %eax       /* PG, WP */
        mov     %eax, %cr0
        ljmp    $0x10, $(BASE_AT + long_mode - trampoline)

        .code64
long_mode:
        mov     BASE_AT + trampoline_start - trampoline + 8, %rsp
        mov     $tables_load, %eax
        call    *%rax
        call    *BASE_AT + trampoline_start - trampoline + 16
1:      cli
        hlt
        jmp     1b

        .balign 8
low_gdt:
        .quad   0, 0x00cf9b000000ffff, 0x00af9b000000ffff, 0x00cf93000000ffff
low_gdt_pointer:
        .word   . - low_gdt - 1
        .long   BASE_AT + low_gdt - trampoline
        .balign 8
trampoline_start:
        .quad   0, 0, 0                 /* CR3, stack, entry */
trampoline_end:
