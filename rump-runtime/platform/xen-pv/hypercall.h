/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * hypercall.h - calls into Xen: entry `op` of the hypercall page, arguments in rdi rsi rdx r10 r8,
 * result in rax (<xen/arch-x86/xen-x86_64.h>). rcx and r11 are lost.
 */
#ifndef HYPERCALL_H
#define HYPERCALL_H

#include <stdint.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/sched.h>
#include <xen/xen.h>

extern char hypercall_page[];

static inline long hypercall5(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
                              unsigned long a4, unsigned long a5)
{
    register unsigned long r10 __asm__("r10") = a4;
    register unsigned long r8 __asm__("r8") = a5;
    long ret;

    __asm__ volatile("call *%[entry]"
                     : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                     : [entry] "0"(hypercall_page + op * 32)
                     : "rcx", "r11", "memory");
    return ret;
}

static inline long hypercall4(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
                              unsigned long a4)
{
    return hypercall5(op, a1, a2, a3, a4, 0);
}

static inline long hypercall3(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3)
{
    return hypercall5(op, a1, a2, a3, 0, 0);
}

static inline long hypercall2(unsigned op, unsigned long a1, unsigned long a2)
{
    return hypercall5(op, a1, a2, 0, 0, 0);
}

static inline long xen_event_channel_op(int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, (unsigned long)cmd, (unsigned long)arg);
}

static inline long xen_grant_table_op(unsigned cmd, void *arg, unsigned count)
{
    return hypercall3(__HYPERVISOR_grant_table_op, cmd, (unsigned long)arg, count);
}

static inline long xen_sched_op(int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_sched_op, (unsigned long)cmd, (unsigned long)arg);
}

/* For the one vCPU there is. */
static inline long xen_vcpu_op(int cmd, void *arg)
{
    return hypercall3(__HYPERVISOR_vcpu_op, (unsigned long)cmd, 0, (unsigned long)arg);
}

static inline long xen_mmu_update(struct mmu_update *req, unsigned count, unsigned *done,
                                  unsigned domid)
{
    return hypercall4(__HYPERVISOR_mmu_update, (unsigned long)req, count, (unsigned long)done,
                      domid);
}

static inline long xen_mmuext_op(struct mmuext_op *op, unsigned count)
{
    return hypercall4(__HYPERVISOR_mmuext_op, (unsigned long)op, count, 0, DOMID_SELF);
}

static inline long xen_update_va_mapping(uintptr_t va, uint64_t pte, unsigned long flags)
{
    return hypercall3(__HYPERVISOR_update_va_mapping, va, pte, flags);
}

#endif
