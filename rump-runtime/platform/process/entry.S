/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Between the process platform and the real kernel: start and system calls. */
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

    .section .note.GNU-stack, "", @progbits
