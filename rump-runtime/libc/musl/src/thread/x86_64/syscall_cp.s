/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * long __syscall_cp_asm(volatile int *cancel, long nr, long a1..a6): a system call that is a
 * cancellation point.
 *
 * musl's SIGCANCEL handler sends a thread whose saved rip lies in [__cp_begin, __cp_end) to
 * __cp_cancel: before the call, or blocked in it with nothing done yet. Linux reports the
 * address of the `syscall` instruction for a call it would restart, so the instruction has
 * to stand here, last in the range. For a rump kernel the range is left by a jump with __cp_end as
 * the return address: a call that has done its work reports __cp_end, and a kernel that delivers
 * SIGCANCEL to a thread blocked with nothing done reports one byte less.
 */
.text
.global __cp_begin
.hidden __cp_begin
.global __cp_end
.hidden __cp_end
.global __cp_cancel
.hidden __cp_cancel
.hidden __cancel
.global __syscall_cp_asm
.hidden __syscall_cp_asm
.type __syscall_cp_asm,@function
__syscall_cp_asm:
__cp_begin:
    cmpl $0,(%rdi)
    jne __cp_cancel
    mov %rsi,%rax
    mov %rdx,%rdi
    mov %rcx,%rsi
    mov %r8,%rdx
    mov %r9,%r10
    mov 8(%rsp),%r8
    mov 16(%rsp),%r9
    cmpb $0,__rump_kernel(%rip)
    je 1f
    lea __cp_end(%rip),%r11
    push %r11
    jmp *__rump_syscall_entry(%rip)
1:  syscall
__cp_end:
    ret
__cp_cancel:
    jmp __cancel
.size __syscall_cp_asm,.-__syscall_cp_asm
.section .note.GNU-stack,"",@progbits
