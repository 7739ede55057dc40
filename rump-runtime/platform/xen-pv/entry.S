/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Everything that cannot be said in C: entry points from Xen and from the program, and switching. */

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
 * System call of the program (platform.h: struct plat_regs, rump-runtime/libc): a plain call on the program's
 * stack. All registers but rax, rcx and r11 come back unchanged, unless a signal or clone edits the frame.
 */
    .globl pv_syscall_entry
pv_syscall_entry:
    mov %rsp, %r11
    mov pv_kstack_top(%rip), %rsp
    lea 8(%r11), %rcx
    push %rcx                   /* rsp after the return */
    push (%r11)                 /* rip */
    push %rax
    push %rdi
    push %rsi
    push %rdx
    push %r10
    push %r8
    push %r9
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    xor %ebp, %ebp              /* a backtrace ends here */
    call syscall_dispatch
/* The frame is at rsp: leave through it. */
resume:
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r9
    pop %r8
    pop %r10
    pop %rdx
    pop %rsi
    pop %rdi
    pop %rax
    pop %r11
    pop %rsp
    jmp *%r11

/* plat_resume_program(regs, kstack_top): copy the frame to the top of this thread's stack, leave. */
    .globl plat_resume_program
plat_resume_program:
    lea -128(%rsi), %rax        /* the place pv_syscall_entry would have used */
    mov %rdi, %rsi
    mov %rax, %rdi
    mov $15, %ecx
    cld
    rep movsq
    mov %rax, %rsp
    jmp resume

/* plat_enter_program(entry, sp, kstack_top): the process start of the ABI: rdx 0, rsp at argc. */
    .globl plat_enter_program
plat_enter_program:
    mov %rdi, %r11
    mov %rsi, %rsp
    xor %eax, %eax
    xor %ebx, %ebx
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %ebp, %ebp
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    jmp *%r11

/*
 * plat_context_switch(from, to). The vector registers need no saving: a switch happens inside a call, and the
 * program's calls give them up; the control words belong to the thread.
 */
    .globl plat_context_switch
plat_context_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    sub $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    mov %rsp, (%rdi)
    mov (%rsi), %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    add $8, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret

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

/* First return of a new context: r12 = function, r13 = argument (context.c). */
    .globl pv_context_start
pv_context_start:
    xor %ebp, %ebp
    mov %r13, %rdi
    call *%r12
    ud2

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

/* Event and fail-safe callbacks: events stay masked, so neither is expected. */
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
