/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Everything about Xen that cannot be said in C: its entry points into the kernel. */

    .section .text.start, "ax", @progbits
    .globl _start
/* From the builder: rsi = start_info, events masked, a one-page stack that we do not use. */
_start:
    cld
    mov $boot_stack_end, %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call pv_start
    ud2

    .balign 4096
    .globl hypercall_page
/* Filled by Xen: 32 bytes of code for each hypercall number. */
hypercall_page:
    .skip 4096

    .text
/*
 * pv_try_wrfsbase(base): 1 when the instruction works, 0 when it traps: CPU or Xen do not offer it, the hypercall
 * must do. traps.c moves an invalid opcode at pv_wrfsbase to pv_wrfsbase_failed.
 */
    .globl pv_try_wrfsbase, pv_wrfsbase, pv_wrfsbase_failed
pv_try_wrfsbase:
pv_wrfsbase:
    wrfsbase %rdi
    mov $1, %eax
    ret
pv_wrfsbase_failed:
    xor %eax, %eax
    ret

/*
 * Traps. Xen pushes ss rsp rflags cs rip [error] r11 rcx on the current stack, with the privilege bits of cs
 * cleared for kernel mode: they have to be put back for iretq, which then stays in ring 3.
 */
.macro trap vector:req, has_error=0
    .section .rodata
    .quad \vector, trap_\vector
    .text
trap_\vector:
    pop %rcx
    pop %r11
.if !\has_error
    push $0
.endif
    push $\vector
    jmp trap_common
.endm

    .section .rodata
    .balign 8
    .globl pv_trap_stubs, pv_trap_stubs_end
pv_trap_stubs:                  /* pairs of vector and stub, for traps.c */
    .text
    trap 0
    trap 1
    trap 2
    trap 3
    trap 4
    trap 5
    trap 6
    trap 7
    trap 8, 1
    trap 10, 1
    trap 11, 1
    trap 12, 1
    trap 13, 1
    trap 14, 1
    trap 16
    trap 17, 1
    trap 18
    trap 19
    .section .rodata
pv_trap_stubs_end:
    .text

trap_common:
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    mov %rsp, %rbx
    and $-16, %rsp
    call pv_trap
    mov %rbx, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp               /* vector, error */
    orb $3, 8(%rsp)             /* cs */
    orb $3, 32(%rsp)            /* ss */
    iretq

/*
 * Event callback: comes at the end of a sleep (pv_sleep()) and has nothing to do, the events are looked at
 * afterwards. The fail-safe callback is not expected.
 */
    .globl pv_event_callback, pv_failsafe_callback
pv_event_callback:
    pop %rcx
    pop %r11
    orb $3, 8(%rsp)
    orb $3, 32(%rsp)
    iretq

pv_failsafe_callback:
    call pv_failsafe
    ud2

    .section .bss.page_aligned, "aw", @nobits
    .balign 4096
    .globl pv_shared_info
pv_shared_info:
    .skip 4096
    .skip 16384
boot_stack_end:

    .section .note.GNU-stack, "", @progbits
