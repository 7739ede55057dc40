/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Contexts, and what switch.S is told. */
#include "platform/platform.h"

/* Control words a thread starts with, as the ABI has them at process start. */
#define MXCSR_START 0x1f80u
#define FCW_START   0x037fu

extern char context_syscall_entry[], context_start[];
extern void *context_kstack_top;
void *context_kstack_top; /* where context_syscall_entry starts to push, see plat_set_kstack() */

/* What plat_context_switch() pops, lowest address first. */
struct initial_frame {
    uint32_t mxcsr;
    uint32_t fcw;
    uint64_t r15, r14, r13, r12, rbx, rbp;
    uint64_t rip;
    uint64_t align; /* rsp is 16-aligned when context_start begins, as its call wants */
};
_Static_assert(sizeof(struct initial_frame) == 72, "switch.S knows this layout");

void plat_context_make(struct plat_context *ctx, void *stack, size_t size, void (*fn)(void *),
                       void *arg)
{
    uintptr_t top = ((uintptr_t)stack + size) & ~(uintptr_t)15;
    struct initial_frame *f = (struct initial_frame *)(top - 16 - 64);

    *f = (struct initial_frame){
        .mxcsr = MXCSR_START,
        .fcw = FCW_START,
        .r12 = (uintptr_t)fn,
        .r13 = (uintptr_t)arg,
        .rip = (uintptr_t)context_start,
    };
    ctx->sp = f;
}

void plat_set_kstack(void *kstack_top)
{
    /* Eight bytes down: 15 pushes later the stack is 16-aligned for the call into C. */
    context_kstack_top = (char *)kstack_top - 8;
}

uintptr_t plat_syscall_entry(void)
{
    return (uintptr_t)context_syscall_entry;
}
