/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * getcontext, setcontext and swapcontext (POSIX.1-2001), which musl leaves out. Saved are the
 * registers a function call preserves, the argument registers (for makecontext), rsp, rip, the x87 and SSE
 * control words and the signal mask. Offsets are those of musl's ucontext_t for x86-64:
 * uc_mcontext.gregs at 40, uc_mcontext.fpregs at 224, uc_sigmask at 296, __fpregs_mem at 424;
 * in the floating-point area the x87 control word is at 0 and mxcsr at 24.
 * makecontext.c checks them at compile time.
 */
.set SIGMASK, 296
.set FPMEM, 424
.set FPREGS, 224
.set R8, 40+8*0
.set R9, 40+8*1
.set R12, 40+8*4
.set R13, 40+8*5
.set R14, 40+8*6
.set R15, 40+8*7
.set RDI, 40+8*8
.set RSI, 40+8*9
.set RBP, 40+8*10
.set RBX, 40+8*11
.set RDX, 40+8*12
.set RCX, 40+8*14
.set RSP, 40+8*15
.set RIP, 40+8*16

/* Save the caller's caller's state in the ucontext_t at rdi: it will resume as if the
 * function that invokes this macro had just returned 0. */
.macro save
    mov %rbx,RBX(%rdi)
    mov %rbp,RBP(%rdi)
    mov %r12,R12(%rdi)
    mov %r13,R13(%rdi)
    mov %r14,R14(%rdi)
    mov %r15,R15(%rdi)
    mov (%rsp),%rax
    mov %rax,RIP(%rdi)
    lea 8(%rsp),%rax
    mov %rax,RSP(%rdi)
    lea FPMEM(%rdi),%rax
    mov %rax,FPREGS(%rdi)
    fnstcw FPMEM(%rdi)
    stmxcsr FPMEM+24(%rdi)
.endm

/* rt_sigprocmask(how, rsi = new or NULL, rdx = old or NULL, 8); rdi is lost. It cannot fail
 * with these arguments. */
.macro sigprocmask how
    mov $\how,%edi
    mov $8,%r10d                        /* size of the kernel's signal set */
    mov $14,%eax                        /* SYS_rt_sigprocmask */
    call *__rump_syscall_entry(%rip)
.endm
.set SIG_BLOCK, 0
.set SIG_SETMASK, 2

.text
/* int getcontext(ucontext_t *) */
.global getcontext
.type getcontext,@function
getcontext:
    save
    lea SIGMASK(%rdi),%rdx
    xor %esi,%esi
    sigprocmask SIG_BLOCK
    xor %eax,%eax
    ret
.size getcontext,.-getcontext

/* int swapcontext(ucontext_t *old, const ucontext_t *new) */
.global swapcontext
.type swapcontext,@function
swapcontext:
    save
    mov %rsi,%r8
    lea SIGMASK(%rdi),%rdx
    lea SIGMASK(%rsi),%rsi
    sigprocmask SIG_SETMASK
    mov %r8,%rdi
    jmp restore
.size swapcontext,.-swapcontext

/* int setcontext(const ucontext_t *) */
.global setcontext
.type setcontext,@function
setcontext:
    mov %rdi,%r8
    lea SIGMASK(%rdi),%rsi
    xor %edx,%edx
    sigprocmask SIG_SETMASK
    mov %r8,%rdi
restore:
    fldcw FPMEM(%rdi)
    ldmxcsr FPMEM+24(%rdi)
    mov RBX(%rdi),%rbx
    mov RBP(%rdi),%rbp
    mov R12(%rdi),%r12
    mov R13(%rdi),%r13
    mov R14(%rdi),%r14
    mov R15(%rdi),%r15
    mov RSP(%rdi),%rsp
    mov RIP(%rdi),%r11
    mov RSI(%rdi),%rsi
    mov RDX(%rdi),%rdx
    mov RCX(%rdi),%rcx
    mov R8(%rdi),%r8
    mov R9(%rdi),%r9
    mov RDI(%rdi),%rdi
    xor %eax,%eax
    jmp *%r11
.size setcontext,.-setcontext

/* A function started by makecontext returns to this address;
 * rbx holds uc_link. */
.global __rump_context_end
.hidden __rump_context_end
.type __rump_context_end,@function
__rump_context_end:
    mov %rbx,%rdi
    test %rdi,%rdi
    jz 1f
    call setcontext
1:  xor %edi,%edi
    call exit
    hlt
.size __rump_context_end,.-__rump_context_end
.section .note.GNU-stack,"",@progbits
