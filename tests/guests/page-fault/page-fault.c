/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * page-fault: the processor tells the guest what its control registers hold.
 *
 * Not about a device model but about the host below: an emulator of nested virtualisation that
 * takes the reading of one control register for another's lets a guest see an old CR2. A kernel
 * that maps memory on page faults, as Linux does while it starts, dies of that.
 *
 * The guest turns paging on with every address mapped to itself by 4 MiB pages, but for some pages,
 * which its page fault handler maps when they are touched. Each fault must come once, with the
 * touched address in CR2, and the touched memory must then hold what was written there without
 * paging. CR0, CR3 and CR4 must read as they were written. Facts: Intel SDM vol. 3, chapters 2.5,
 * 4.3, 4.7 and 6.15.
 */

#include "guest.h"

const char test_name[] = "page-fault";
const char test_title[] = "control registers and the addresses of page faults";

#define CR0_PE  0x00000001u
#define CR0_PG  0x80000000u
#define CR4_PSE 0x00000010u

#define ENTRIES      1024
#define PAGE_SHIFT   22 /* of a 4 MiB page */
#define PAGE_PRESENT 0x01u
#define PAGE_MAPPED  0x83u /* present, writable, 4 MiB */

#define VECTOR 14

struct gate {
    uint16_t offset_low, selector, flags, offset_high;
};

struct interrupt_frame;

/* The page fault handler's: what it maps, and what it saw. */
static uint32_t *directory;
static volatile uint32_t awaited, faults, seen_cr2, seen_error;

#define READ_CR(n)                                              \
    __extension__({                                             \
        uint32_t value_;                                        \
        __asm__ volatile("movl %%cr" #n ", %0" : "=r"(value_)); \
        value_;                                                 \
    })
#define WRITE_CR(n, value) __asm__ volatile("movl %0, %%cr" #n : : "r"(value) : "memory")

/* Maps the page that is known to be touched, so that a wrong CR2 does not end in endless faults. */
static __attribute__((interrupt)) void page_fault(struct interrupt_frame *frame, uint32_t error)
{
    (void)frame;
    seen_cr2 = READ_CR(2);
    seen_error = error;
    faults++;
    directory[awaited >> PAGE_SHIFT] |= PAGE_PRESENT;
}

static void catch_page_faults(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } table;
    __asm__ volatile("sidt %0" : "=m"(table));
    struct gate *gate = (struct gate *)phys(table.base) + VECTOR;
    gate->offset_low = (uint16_t)(uintptr_t)page_fault;
    gate->offset_high = (uint16_t)((uintptr_t)page_fault >> 16);
}

void test_main(void)
{
    /* In memory beyond all that the guest itself uses, each in a page of its own. */
    static const uint32_t touched[] = {0x01812344, 0x02c00000, 0x027ffffc};
    uint32_t cr0 = READ_CR(0), cr4 = READ_CR(4);

    catch_page_faults();
    directory = dma_alloc(ENTRIES * sizeof(*directory), 4096);
    for (uint32_t i = 0; i < ENTRIES; i++)
        directory[i] = i << PAGE_SHIFT | PAGE_MAPPED;
    for (unsigned i = 0; i < ARRAY_SIZE(touched); i++) {
        mmio_write32(touched[i], ~touched[i]);
        directory[touched[i] >> PAGE_SHIFT] &= ~PAGE_PRESENT;
    }
    check(cr0 & CR0_PE && !(cr0 & CR0_PG), "CR0 reads %08x before paging", cr0);
    WRITE_CR(4, cr4 | CR4_PSE);
    WRITE_CR(3, (uint32_t)(uintptr_t)directory);
    WRITE_CR(0, cr0 | CR0_PG);

    uint32_t now = READ_CR(0);
    check(now == (cr0 | CR0_PG), "CR0 reads %08x", now);
    now = READ_CR(3);
    check(now == (uint32_t)(uintptr_t)directory, "CR3 reads %08x, not %08x", now,
          (uint32_t)(uintptr_t)directory);
    now = READ_CR(4);
    check(now == (cr4 | CR4_PSE), "CR4 reads %08x, not %08x", now, cr4 | CR4_PSE);
    for (unsigned i = 0; i < ARRAY_SIZE(touched); i++) {
        awaited = touched[i];
        uint32_t value = mmio_read32(touched[i]);
        check(faults == i + 1, "%u faults by access %u", faults, i + 1);
        check(seen_cr2 == touched[i], "CR2 reads %08x after a fault at %08x", seen_cr2, touched[i]);
        check(seen_error == 0, "error code %x, not that of a read of nothing", seen_error);
        check(value == ~touched[i], "%08x holds %08x", touched[i], value);
    }
    WRITE_CR(0, cr0);
    WRITE_CR(4, cr4);
}
