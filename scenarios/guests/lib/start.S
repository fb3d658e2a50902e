/* Entry at EL1 with the MMU off. Zeroes .bss, turns FP and the MMU on (identity map, mmu.c), runs
   main(bootargs) and powers off through PSCI with HVC. */
        .section .text.start, "ax"
        .globl  _start
_start:
        mov     x19, x0                 /* device tree, or 0 */
        adrp    x0, stack_top
        add     x0, x0, :lo12:stack_top
        mov     sp, x0
        mov     x0, #(3 << 20)          /* CPACR_EL1.FPEN: FP and SIMD at EL0 and EL1 */
        msr     cpacr_el1, x0
        adrp    x0, vectors
        add     x0, x0, :lo12:vectors
        msr     vbar_el1, x0
        isb
        adrp    x0, bss_start
        add     x0, x0, :lo12:bss_start
        adrp    x1, bss_end
        add     x1, x1, :lo12:bss_end
1:      cmp     x0, x1
        b.hs    2f
        stp     xzr, xzr, [x0], #16
        b       1b
2:      bl      mmu_on
        mov     x0, x19
        bl      bootargs
        bl      main
        bl      power_off

        .globl  power_off
power_off:
        mov     w0, #8
        movk    w0, #0x8400, lsl #16    /* PSCI SYSTEM_OFF, 0x8400_0008 */
        hvc     #0
1:      wfi
        b       1b

/* semihosting(op, parameter) */
        .globl  semihosting
semihosting:
        hlt     #0xf000
        ret

/* Vectors: every entry saves the caller-saved registers and calls
   exception(kind, frame), kind 0..15 being the entry's number; the handler may change frame->elr. */
        .macro  vector number
        .balign 0x80
        sub     sp, sp, #272
        stp     x0, x1, [sp, #0]
        mov     x0, #\number
        b       enter
        .endm

        .balign 0x800
        .globl  vectors
vectors:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        vector  \n
        .endr

        .balign 0x80
enter:  stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x19, [sp, #144]
        stp     x20, x21, [sp, #160]
        stp     x22, x23, [sp, #176]
        stp     x24, x25, [sp, #192]
        stp     x26, x27, [sp, #208]
        stp     x28, x29, [sp, #224]
        mrs     x2, elr_el1
        stp     x30, x2, [sp, #240]
        mrs     x2, spsr_el1
        str     x2, [sp, #256]
        mov     x1, sp
        bl      exception
        ldr     x2, [sp, #256]
        msr     spsr_el1, x2
        ldp     x30, x2, [sp, #240]
        msr     elr_el1, x2
        ldp     x28, x29, [sp, #224]
        ldp     x26, x27, [sp, #208]
        ldp     x24, x25, [sp, #192]
        ldp     x22, x23, [sp, #176]
        ldp     x20, x21, [sp, #160]
        ldp     x18, x19, [sp, #144]
        ldp     x16, x17, [sp, #128]
        ldp     x14, x15, [sp, #112]
        ldp     x12, x13, [sp, #96]
        ldp     x10, x11, [sp, #80]
        ldp     x8, x9, [sp, #64]
        ldp     x6, x7, [sp, #48]
        ldp     x4, x5, [sp, #32]
        ldp     x2, x3, [sp, #16]
        ldp     x0, x1, [sp, #0]
        add     sp, sp, #272
        eret
