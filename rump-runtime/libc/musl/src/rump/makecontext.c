/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* makecontext (POSIX.1-2001), which musl leaves out; the rest is in x86_64/ucontext.s. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#define PAGE        ((uintptr_t)4096)
#define READY_STACK ((uintptr_t)65536)

/* What x86_64/ucontext.s knows by number. */
_Static_assert(offsetof(ucontext_t, uc_mcontext.gregs) == 40, "gregs");
_Static_assert(offsetof(ucontext_t, uc_mcontext.fpregs) == 224, "fpregs");
_Static_assert(offsetof(ucontext_t, uc_sigmask) == 296, "sigmask");
_Static_assert(offsetof(ucontext_t, __fpregs_mem) == 424, "fpregs_mem");
_Static_assert(offsetof(struct _fpstate, mxcsr) == 24, "mxcsr");

__attribute__((__visibility__("hidden"))) void __rump_context_end(void);

/*
 * Make the top of a new stack present. A rump kernel fills anonymous memory from the page-fault
 * trap, and Xen delivers that trap on the stack that is in use: the stack itself must be there
 * before anything runs on it. The kernel looks after threads' stacks; this one it does not know.
 */
static void touch_stack(uintptr_t low, uintptr_t top)
{
    if (top - low > READY_STACK)
        low = top - READY_STACK;
    for (uintptr_t p = top; p > low; p -= p - low < PAGE ? p - low : PAGE)
        *(volatile char *)(p - 1) = 0;
    *(volatile char *)low = 0;
}

/*
 * Let the context in u, which getcontext filled and whose uc_stack and uc_link the caller
 * set, begin with fn(argc arguments, each one machine word). The stack belongs to
 * the caller and must outlive the context.
 */
void makecontext(ucontext_t *u, void (*fn)(void), int argc, ...)
{
    static const unsigned char reg[6] = {REG_RDI, REG_RSI, REG_RDX, REG_RCX, REG_R8, REG_R9};
    uintptr_t low = (uintptr_t)u->uc_stack.ss_sp;
    uintptr_t top = low + u->uc_stack.ss_size;
    int on_stack = argc > 6 ? argc - 6 : 0;
    uintptr_t *sp;
    va_list ap;

    touch_stack(low, top);
    /* As a call leaves it: the return address on top, aligned to 16 bytes above it. */
    sp = (uintptr_t *)((top - on_stack * sizeof(uintptr_t)) & ~(uintptr_t)15) - 1;
    sp[0] = (uintptr_t)__rump_context_end;
    va_start(ap, argc);
    for (int i = 0; i < argc; i++) {
        uintptr_t arg = va_arg(ap, uintptr_t);

        if (i < 6)
            u->uc_mcontext.gregs[reg[i]] = arg;
        else
            sp[1 + i - 6] = arg;
    }
    va_end(ap);
    u->uc_mcontext.gregs[REG_RBX] = (uintptr_t)u->uc_link;
    u->uc_mcontext.gregs[REG_RBP] = 0;
    u->uc_mcontext.gregs[REG_RSP] = (uintptr_t)sp;
    u->uc_mcontext.gregs[REG_RIP] = (uintptr_t)fn;
}
