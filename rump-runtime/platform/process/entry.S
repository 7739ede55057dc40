/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entry points of the process platform: start, the real kernel's system calls, the program's system
 * calls, switching. As platform/xen-pv/entry.S, which explains the register rules; platform.h has the frame.
 */
    .text
    .globl _start
/* From the real kernel: rsp at argc (System V ABI). */
_start:
    xor %ebp, %ebp
    mov %rsp, %rdi
    and $-16, %rsp
    call process_start
    ud2

/* long host_call(nr, a1 .. a6): one system call of the real kernel. */
    .globl host_call
host_call:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    mov 8(%rsp), %r9
    syscall
    ret

/* Where the fault handler returns to. */
    .globl host_sigreturn
host_sigreturn:
    mov $15, %eax
    syscall

/* System call of the program: struct plat_regs on the thread's kernel stack. */
    .globl process_syscall_entry
process_syscall_entry:
    mov %rsp, %r11
    mov process_kstack_top(%rip), %rsp
    lea 8(%r11), %rcx
    push %rcx
    push (%r11)
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
    xor %ebp, %ebp
    call syscall_dispatch
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

    .globl plat_resume_program
plat_resume_program:
    lea -128(%rsi), %rax
    mov %rdi, %rsi
    mov %rax, %rdi
    mov $15, %ecx
    cld
    rep movsq
    mov %rax, %rsp
    jmp resume

    .globl plat_enter_program
plat_enter_program:
    mov %rdi, %r11
    mov %rsi, %rsp
    xor %edx, %edx
    xor %ebp, %ebp
    jmp *%r11

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
    .globl process_context_start
process_context_start:
    xor %ebp, %ebp
    mov %r13, %rdi
    call *%r12
    ud2
    .section .note.GNU-stack, "", @progbits
