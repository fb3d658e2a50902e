/* Entry in 64-bit mode with RSI = boot_params, by Linux's 64-bit boot protocol. Zeroes .bss, loads the
   guest's own tables, runs main(command line) and powers off. */
        .section .text.start, "ax"
        .globl  _start
_start:
        cld
        mov     %rsi, boot_params
        mov     $stack_top, %esp
        mov     $bss_start, %edi
        mov     $bss_end, %ecx
        sub     %edi, %ecx
        shr     $3, %ecx
        xor     %eax, %eax
        rep stosq
        mov     $double_fault_stack_top, %eax
        mov     %rax, tss_ist1
        mov     $tss, %eax
        mov     %ax, gdt + TSS + 2
        shr     $16, %eax
        mov     %al, gdt + TSS + 4
        call    idt_fill
        call    tables_load
        mov     $TSS, %eax
        ltr     %ax
        call    command_line
        mov     %rax, %rdi
        call    main
        call    power_off

/* Loads GDT, IDT and segment registers: what every CPU does. */
        .globl  tables_load
tables_load:
        lgdt    gdt_pointer
        lidt    idt_pointer
        mov     $DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        xor     %eax, %eax
        mov     %eax, %fs
        mov     %eax, %gs
        pop     %rax
        push    $CODE
        push    %rax
        lretq

/* A gate for every vector; the double fault has a stack of its own (IST 1). */
idt_fill:
        mov     $vectors, %eax
        mov     $idt, %edi
1:      movl    $(CODE << 16), (%rdi)
        mov     %ax, (%rdi)             /* offset, bits 0 to 15 */
        movl    $0x8e00, 4(%rdi)        /* present, interrupt gate */
        mov     %eax, %ecx
        shr     $16, %ecx
        mov     %cx, 6(%rdi)            /* bits 16 to 31 */
        add     $16, %eax
        add     $16, %edi
        cmp     $idt_end, %edi
        jne     1b
        movb    $1, idt + 8 * 16 + 4
        ret

/* Vectors 0 to 63, 16 bytes each. Those without an error code push 0. */
        .balign 16
vectors:
        .set    n, 0
        .rept   64
        .balign 16
        .if     (n != 8) && (n != 17) && ((n < 10) || (n > 14))
        push    $0
        .endif
        push    $n
        jmp     enter
        .set    n, n + 1
        .endr

/* Calls exception(frame); the handler may change the frame. */
enter:
        push    %r15
        push    %r14
        push    %r13
        push    %r12
        push    %r11
        push    %r10
        push    %r9
        push    %r8
        push    %rdi
        push    %rsi
        push    %rbp
        push    %rbx
        push    %rdx
        push    %rcx
        push    %rax
        cld
        mov     %rsp, %rdi
        mov     %rsp, %rbx
        and     $-16, %rsp
        call    exception
        mov     %rbx, %rsp
        pop     %rax
        pop     %rcx
        pop     %rdx
        pop     %rbx
        pop     %rbp
        pop     %rsi
        pop     %rdi
        pop     %r8
        pop     %r9
        pop     %r10
        pop     %r11
        pop     %r12
        pop     %r13
        pop     %r14
        pop     %r15
        add     $16, %rsp
        iretq

        .data
        .balign 16
        .set    CODE, 0x10
        .set    DATA, 0x18
        .set    TSS, 0x20
gdt:    .quad   0, 0
        .quad   0x00af9b000000ffff
        .quad   0x00cf93000000ffff
        .word   0x67, 0                 /* the address, below 16 MiB, is filled in at the start */
        .byte   0, 0x89, 0, 0
        .quad   0
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .quad   gdt
idt_pointer:
        .word   idt_end - idt - 1
        .quad   idt

        .bss
        .balign 16
tss:    .skip   0x24
tss_ist1:
        .skip   0x44
        .balign 16
idt:    .skip   64 * 16
idt_end:
