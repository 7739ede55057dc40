/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Contexts, the program's registers that switches set, and the raw hypercall. */
#include "core/errno.h"
#include "core/log.h"
#include "hypercall.h"
#include "pv.h"

/* Control words a thread starts with, as the ABI has them at process start. */
#define MXCSR_START 0x1f80u
#define FCW_START   0x037fu

extern char pv_syscall_entry[], pv_context_start[];
bool pv_try_wrfsbase(uint64_t base);
extern void *pv_kstack_top;
void *pv_kstack_top; /* where pv_syscall_entry starts to push, see plat_set_kstack() */

/* What plat_context_switch() pops, lowest address first. */
struct initial_frame {
    uint32_t mxcsr;
    uint32_t fcw;
    uint64_t r15, r14, r13, r12, rbx, rbp;
    uint64_t rip;
    uint64_t align; /* rsp is 16-aligned when pv_context_start begins, as its call wants */
};
_Static_assert(sizeof(struct initial_frame) == 72, "entry.S knows this layout");

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
        .rip = (uintptr_t)pv_context_start,
    };
    ctx->sp = f;
}

void plat_set_kstack(void *kstack_top)
{
    /* Eight bytes down: 15 pushes later the stack is 16-aligned for the call into C. */
    pv_kstack_top = (char *)kstack_top - 8;
}

void plat_set_fsbase(uint64_t base)
{
    static uint64_t current; /* a switch back to the same thread must not cost a hypercall */
    static bool instruction_works = true;

    if (base == current)
        return;
    current = base;
    if (instruction_works)
        instruction_works = pv_try_wrfsbase(base);
    if (!instruction_works && hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_FS, base))
        panic("Xen refused the thread pointer %#lx", (unsigned long)base);
}

uintptr_t plat_syscall_entry(void)
{
    return (uintptr_t)pv_syscall_entry;
}

long plat_hypercall(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
                    unsigned long a4, unsigned long a5)
{
    if (op >= PLAT_PAGE_SIZE / 32)
        return -ENOSYS; /* as Xen answers for numbers it does not know */
    return hypercall5(op, a1, a2, a3, a4, a5);
}
