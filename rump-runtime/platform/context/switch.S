/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The processor's registers, on every platform where the kernel runs on the bare instruction set: system calls of
 * the program, entering and leaving it, switching. Instructions of user mode only: Xen's PV guests have no others.
 */
    .text
/*
 * System call of the program (platform.h: struct plat_regs, rump-runtime/libc): a plain call on the program's
 * stack. All registers but rax, rcx and r11 come back unchanged, unless a signal or clone edits the frame.
 */
    .globl context_syscall_entry
context_syscall_entry:
    mov %rsp, %r11
    mov context_kstack_top(%rip), %rsp
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
    lea -128(%rsi), %rax        /* the place context_syscall_entry would have used */
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

/* First return of a new context: r12 = function, r13 = argument (context.c). */
    .globl context_start
context_start:
    xor %ebp, %ebp
    mov %r13, %rdi
    call *%r12
    ud2

    .section .note.GNU-stack, "", @progbits
