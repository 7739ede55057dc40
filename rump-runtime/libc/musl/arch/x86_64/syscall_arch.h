/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * How musl's C code enters the system below it, x86-64.
 *
 * Every system call is an indirect call through __rump_syscall_entry with the registers of the
 * processor's `syscall` instruction: number in rax, arguments in rdi rsi rdx r10 r8 r9, result or
 * -errno in rax, rcx and r11 lost. On a rump kernel the pointer leads into the kernel, elsewhere
 * to a stub that executes `syscall` (see src/rump/syscall_entry.c).
 *
 * Beyond the instruction's own contract the callee may change the vector registers and the x87
 * stack: a rump kernel switches threads inside the call and saves only the control words, as
 * for any function call. The call pushes a return address, so nothing may live below the stack
 * pointer: everything that includes this file is compiled with -mno-red-zone.
 *
 * The names and shapes below are the ones musl's internal <syscall.h> expects from an
 * architecture.
 */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

extern __attribute__((__visibility__("hidden"))) void *__rump_syscall_entry;

#define __RUMP_SYSCALL "call *__rump_syscall_entry(%%rip)"
#define __RUMP_CLOBBERS                                                                          \
    "rcx", "r11", "cc", "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)",    \
        "st(7)", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
        "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

static __inline long __syscall0(long n)
{
    unsigned long ret;
    __asm__ __volatile__(__RUMP_SYSCALL : "=a"(ret) : "a"(n) : __RUMP_CLOBBERS);
    return ret;
}

static __inline long __syscall1(long n, long a1)
{
    unsigned long ret;
    __asm__ __volatile__(__RUMP_SYSCALL : "=a"(ret) : "a"(n), "D"(a1) : __RUMP_CLOBBERS);
    return ret;
}

static __inline long __syscall2(long n, long a1, long a2)
{
    unsigned long ret;
    __asm__ __volatile__(__RUMP_SYSCALL : "=a"(ret) : "a"(n), "D"(a1), "S"(a2) : __RUMP_CLOBBERS);
    return ret;
}

static __inline long __syscall3(long n, long a1, long a2, long a3)
{
    unsigned long ret;
    __asm__ __volatile__(__RUMP_SYSCALL
                         : "=a"(ret)
                         : "a"(n), "D"(a1), "S"(a2), "d"(a3)
                         : __RUMP_CLOBBERS);
    return ret;
}

static __inline long __syscall4(long n, long a1, long a2, long a3, long a4)
{
    register long r10 __asm__("r10") = a4;
    unsigned long ret;
    __asm__ __volatile__(__RUMP_SYSCALL
                         : "=a"(ret)
                         : "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10)
                         : __RUMP_CLOBBERS);
    return ret;
}

static __inline long __syscall5(long n, long a1, long a2, long a3, long a4, long a5)
{
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8") = a5;
    unsigned long ret;
    __asm__ __volatile__(__RUMP_SYSCALL
                         : "=a"(ret)
                         : "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8)
                         : __RUMP_CLOBBERS);
    return ret;
}

static __inline long __syscall6(long n, long a1, long a2, long a3, long a4, long a5, long a6)
{
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8") = a5;
    register long r9 __asm__("r9") = a6;
    unsigned long ret;
    __asm__ __volatile__(__RUMP_SYSCALL
                         : "=a"(ret)
                         : "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8), "r"(r9)
                         : __RUMP_CLOBBERS);
    return ret;
}

/* Linux's shared object for clock_gettime: used where the auxiliary vector names one. */
#define VDSO_USEFUL
#define VDSO_CGT_SYM    "__vdso_clock_gettime"
#define VDSO_CGT_VER    "LINUX_2.6"
#define VDSO_GETCPU_SYM "__vdso_getcpu"
#define VDSO_GETCPU_VER "LINUX_2.6"

#define IPC_64 0
