/* Entry by the PVH boot protocol (xen/include/public/arch-x86/hvm/start_info.h): 32-bit protected mode without
   paging, EBX = hvm_start_info. Maps the first 4 GiB in 2 MiB pages, turns 64-bit mode on, goes on at _start. */
        .section .note.Xen, "a", @note
        .balign 4
        .long   4, 4, 18                /* name and descriptor sizes, XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .long   pvh_start

        .section .text.pvh, "ax"
        .code32
        .globl  pvh_start
pvh_start:
        cld
        mov     %ebx, start_info
        mov     $(pd + 3), %eax         /* present, writable */
        mov     $pdpt, %edi
1:      mov     %eax, (%edi)
        add     $4096, %eax
        add     $8, %edi
        cmp     $(pdpt + 4 * 8), %edi
        jne     1b
        movl    $(pdpt + 3), pml4
        mov     $0x83, %eax             /* and 2 MiB */
        mov     $pd, %edi
2:      mov     %eax, (%edi)
        add     $0x200000, %eax
        add     $8, %edi
        cmp     $(pd + 4 * 4096), %edi
        jne     2b
        mov     $pml4, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $(1 << 5), %eax         /* PAE */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx       /* EFER: LME and NXE */
        rdmsr
        or      $0x900, %eax
        wrmsr
        lgdt    pvh_gdt_pointer
        mov     %cr0, %eax
        or      $0x80010000, %eax       /* PG, WP */
        mov     %eax, %cr0
        ljmp    $8, $long_mode
        .code64
long_mode:
        xor     %esi, %esi              /* no boot_params */
        jmp     _start

        .section .rodata.pvh, "a"
        .balign 8
pvh_gdt:
        .quad   0, 0x00af9b000000ffff
pvh_gdt_pointer:
        .word   . - pvh_gdt - 1
        .long   pvh_gdt

        /* Not in .bss, which _start zeroes. */
        .section .tables, "aw", @nobits
        .balign 4096
pml4:   .skip   4096
pdpt:   .skip   4096
pd:     .skip   4 * 4096
