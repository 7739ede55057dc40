/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* pv.h - private to platform/xen-pv: what its files share. Facts from Xen's public headers. */
#ifndef PV_H
#define PV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "platform/platform.h"

/*
 * Boot mapping and direct map: page frame n of the domain is at VIRT_BASE + n * 4096 (kernel.lds).
 */
#define VIRT_BASE 0xffffffff80000000u
/* Grant table frames are mapped here, above any direct map (which ends below it). */
#define GRANT_TABLE_VA       0xffffffffff000000u
#define DIRECT_MAP_MAX_PAGES ((GRANT_TABLE_VA - VIRT_BASE) >> PLAT_PAGE_SHIFT)

extern struct start_info *pv_start_info;
extern struct shared_info pv_shared_info; /* a page of the image, replaced by Xen's shared page */

/* The ends of the image's parts, whole pages (kernel.lds). */
extern char kernel_text_end[], kernel_constants_end[];

static inline void barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

/* The page frame number of an address in the direct map. */
static inline size_t pv_pfn(const void *va)
{
    return ((uintptr_t)va - VIRT_BASE) >> PLAT_PAGE_SHIFT;
}

static inline void *pv_page(size_t pfn)
{
    return (void *)(VIRT_BASE + (pfn << PLAT_PAGE_SHIFT));
}

/* Direct-map address of one of our own machine frames, through Xen's read-only table. */
void *pv_machine_page(uint64_t mfn);

/*
 * The first pages of RAM behind what the builder placed; paging.c extends the boot mapping to all.
 */
void pv_paging_init(void);
/* The L1 entry for va; with create, missing tables are made. NULL: none, or no memory for it. */
uint64_t *pv_pte(uintptr_t va, bool create);
/* Set one present mapping of the kernel's own address space; panics when it is refused. */
void pv_map_kernel(uintptr_t va, uint64_t mfn);

void pv_traps_init(void);
void pv_events_init(void);
void pv_time_init(void); /* after the events; until then nothing may sleep */
void pv_grants_init(void);
void pv_console0_init(void);

/*
 * Asks Xen for the instruction wrfsbase: CR4.FSGSBASE is clear in a new vCPU, and the instruction
 * traps then. Xen emulates both accesses to CR4 and drops the bit where the processor or the
 * domain's policy lacks it: plat_set_fsbase() finds out.
 */
void pv_enable_fsgsbase(void);

/* Is there an event to dispatch? */
bool pv_event_pending(void);
/* Returns when there is one: at once, or after sleeping in Xen. */
void pv_sleep(void);

/* Registers as the trap stubs in entry.S store them. */
struct pv_trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

#endif
