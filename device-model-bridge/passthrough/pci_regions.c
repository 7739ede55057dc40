/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* What the base address registers of a device say (pci_regions.h). */
#include "passthrough/pci_regions.h"

#include "core/log.h"
#include "core/string.h"
#include "core/thread.h"
#include "passthrough/pcifront.h"
#include "platform/platform.h"

/* Offsets in configuration space, and bits of the registers there. */
#define BASE_ADDRESS_0  0x10u
#define BASE_ADDRESSES  6u
#define ROM_ADDRESS     0x30u
#define BAR_IO          0x1u
#define BAR_IO_BITS     0x3u
#define BAR_MEMORY_TYPE 0x6u
#define BAR_MEMORY_64   0x4u
#define BAR_PREFETCH    0x8u
#define BAR_MEMORY_BITS 0xfu
#define ROM_ENABLE      0x1u
#define ROM_BITS        0x7ffu
#define PORTS           UINT64_C(0x10000)
#define ADDRESSES       (UINT64_C(1) << 52)

/* A register: what it holds, and what it answers after all ones were written to it. */
struct bar {
    uint32_t value, mask;
};

static int read_bar(const struct pci_address *at, unsigned offset, uint32_t ones, struct bar *bar)
{
    int rc, restored;

    rc = pcifront_read(at, offset, sizeof(bar->value), &bar->value);
    if (rc == 0)
        rc = pcifront_write(at, offset, sizeof(ones), ones);
    if (rc < 0)
        return rc;
    rc = pcifront_read(at, offset, sizeof(bar->mask), &bar->mask);
    restored = pcifront_write(at, offset, sizeof(bar->value), bar->value);
    return rc < 0 ? rc : restored;
}

/* The lowest bit that can be changed is the size. 0 when none can. */
static uint64_t size_of(uint64_t mask)
{
    return mask & -mask;
}

static bool possible(const struct pci_region *r, uint64_t limit)
{
    return r->start < limit && r->size <= limit - r->start && (r->start & (r->size - 1)) == 0;
}

static void check(const struct pci_address *at, unsigned index, struct pci_region *r,
                  uint64_t limit)
{
    if (r->start != 0 && r->size != 0 && !possible(r, limit)) {
        log_warning("pci: region %u of %04x:%02x:%02x.%x cannot be (%#lx, %#lx bytes); left out",
                    index, PCI_ADDRESS_ARGS(at), (unsigned long)r->start, (unsigned long)r->size);
        r->size = 0;
    }
    if (r->start == 0 || r->size == 0)
        *r = (struct pci_region){0};
}

static void io_region(const struct bar *bar, struct pci_region *r)
{
    r->start = bar->value & ~BAR_IO_BITS;
    /* Devices may leave the upper half of the register out. */
    r->size = size_of(bar->mask & ~BAR_IO_BITS & (PORTS - 1));
    r->flags = PCI_REGION_IO | PCI_REGION_SIZEALIGN | (bar->value & BAR_IO_BITS);
}

/* high: the register that holds the upper half, NULL for an address of 32 bits. */
static void memory_region(const struct bar *bar, const struct bar *high, struct pci_region *r)
{
    uint64_t mask = bar->mask & ~BAR_MEMORY_BITS;

    r->start = bar->value & ~BAR_MEMORY_BITS;
    r->flags = PCI_REGION_MEMORY | PCI_REGION_SIZEALIGN | (bar->value & BAR_MEMORY_BITS);
    if ((bar->value & BAR_PREFETCH) != 0)
        r->flags |= PCI_REGION_PREFETCH;
    if (high != NULL) {
        r->start |= (uint64_t)high->value << 32;
        mask |= (uint64_t)high->mask << 32;
        r->flags |= PCI_REGION_64;
    }
    r->size = size_of(mask);
}

/* The region of register *index; *index moves on to the last register it takes. */
static int read_region(const struct pci_address *at, unsigned *index, struct pci_region *r)
{
    unsigned first = *index;
    struct bar bar, high;
    int rc;

    rc = read_bar(at, BASE_ADDRESS_0 + 4 * first, UINT32_MAX, &bar);
    if (rc < 0 || bar.mask == 0)
        return rc;
    if ((bar.value & BAR_IO) != 0) {
        io_region(&bar, r);
        check(at, first, r, PORTS);
        return 0;
    }
    if ((bar.value & BAR_MEMORY_TYPE) != BAR_MEMORY_64 || first + 1 == BASE_ADDRESSES) {
        memory_region(&bar, NULL, r);
        check(at, first, r, UINT64_C(1) << 32);
        return 0;
    }
    rc = read_bar(at, BASE_ADDRESS_0 + 4 * (first + 1), UINT32_MAX, &high);
    if (rc < 0)
        return rc;
    *index = first + 1;
    memory_region(&bar, &high, r);
    check(at, first, r, ADDRESSES);
    return 0;
}

static int read_rom(const struct pci_address *at, struct pci_region *r)
{
    struct bar bar;
    int rc = read_bar(at, ROM_ADDRESS, UINT32_MAX & ~ROM_ENABLE, &bar);

    if (rc < 0)
        return rc;
    r->start = bar.value & ~ROM_BITS;
    r->size = size_of(bar.mask & ~ROM_BITS);
    r->flags = PCI_REGION_MEMORY | PCI_REGION_PREFETCH | PCI_REGION_READONLY | PCI_REGION_SIZEALIGN;
    check(at, PCI_REGION_ROM, r, UINT64_C(1) << 32);
    return 0;
}

/*
 * QEMU gives the guest whole pages. Where a smaller region does not begin one, the guest would find
 * something else at its beginning; Xen does not let QEMU map that, so the region does not work.
 */
static void tell_small(const struct pci_address *at, const struct pci_region regions[])
{
    for (unsigned i = 0; i < PCI_REGIONS; i++) {
        const struct pci_region *r = &regions[i];

        if ((r->flags & PCI_REGION_MEMORY) != 0 && (r->start & PLAT_PAGE_MASK) != 0)
            log_warning("pci: region %u of %04x:%02x:%02x.%x lies within a page, at %#lx, and "
                        "cannot be passed through; the host's kernel places it at one when told "
                        "pci=resource_alignment=",
                        i, PCI_ADDRESS_ARGS(at), (unsigned long)r->start);
    }
}

int pci_regions_read(const struct pci_address *shown, struct pci_region regions[PCI_REGIONS])
{
    static bool busy; /* two at once would take each other's masks for addresses */
    static struct waitq wait = WAITQ_INIT(wait);
    int rc = 0;

    while (busy)
        (void)waitq_wait(&wait, NO_DEADLINE);
    busy = true;
    memset(regions, 0, PCI_REGIONS * sizeof(regions[0]));
    for (unsigned i = 0; rc == 0 && i < BASE_ADDRESSES; i++)
        rc = read_region(shown, &i, &regions[i]);
    if (rc == 0)
        rc = read_rom(shown, &regions[PCI_REGION_ROM]);
    busy = false;
    waitq_wake_all(&wait);
    if (rc == 0)
        tell_small(shown, regions);
    return rc;
}
