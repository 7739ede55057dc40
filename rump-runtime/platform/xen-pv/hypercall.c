/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The thread pointer and the raw hypercall. */
#include "hypercall.h"
#include "core/errno.h"
#include "core/log.h"
#include "pv.h"

#define CR4_FSGSBASE (1ul << 16)

bool pv_try_wrfsbase(uint64_t base);

void pv_enable_fsgsbase(void)
{
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_FSGSBASE) : "memory");
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

long plat_hypercall(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
                    unsigned long a4, unsigned long a5)
{
    if (op >= PLAT_PAGE_SIZE / 32)
        return -ENOSYS; /* as Xen answers for numbers it does not know */
    return hypercall5(op, a1, a2, a3, a4, a5);
}
