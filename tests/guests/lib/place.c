/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * What firmware does for a device, for one that came after it: addresses for its regions and a line
 * of the 8259 (PCI Local Bus Specification 3.0, 6.2.5; Intel 82371SB data sheet, PIRQRC).
 */

#include "devices.h"

#define BARS           6
#define BAR(n)         ((uint8_t)(0x10 + 4 * (n)))
#define BAR_IO         0x1u
#define BAR_IO_BITS    0x3u
#define BAR_MEM_BITS   0xfu
#define BAR_64         0x4u
#define INTERRUPT_LINE 0x3c
#define INTERRUPT_PIN  0x3d

#define ISA_BRIDGE 0x060100u
#define CLASS_MASK 0xffffffu
#define PIRQ_ROUTE 0x60
#define PIRQ_OFF   0x80u
#define PIRQ_LINES 4u

/* Behind what the firmware gives to the few devices of a small guest. */
#define MEMORY_FROM 0xfa000000u
#define PORTS_FROM  0xe000u

static uint32_t next_memory = MEMORY_FROM, next_port = PORTS_FROM;

static uint32_t take(uint32_t *next, uint32_t size)
{
    uint32_t at = (*next + size - 1) & ~(size - 1);
    *next = at + size;
    return at;
}

/* Returns how many registers the region has. */
static unsigned place_bar(const struct pci_dev *d, unsigned n)
{
    pci_write32(d, BAR(n), ~0u);
    uint32_t mask = pci_read32(d, BAR(n));
    if (mask == 0)
        return 1;
    if (mask & BAR_IO) {
        uint32_t size = ~(mask & ~BAR_IO_BITS & 0xffff) & 0xffff;
        pci_write32(d, BAR(n), take(&next_port, size + 1));
        return 1;
    }
    pci_write32(d, BAR(n), take(&next_memory, ~(mask & ~BAR_MEM_BITS) + 1));
    if (!(mask & BAR_64))
        return 1;
    pci_write32(d, BAR(n + 1), 0);
    return 2;
}

/*
 * The line is routed anew: Xen ends a line of the 8259 that a passed-through device shares when the
 * guest ends its interrupt, but only knows the devices that were there when the line was routed.
 * Otherwise the line stays high.
 */
static void place_line(const struct pci_dev *d)
{
    struct pci_dev bridge;
    uint8_t pin = pci_read8(d, INTERRUPT_PIN);
    if (pin == 0 || !pci_find_class(ISA_BRIDGE, CLASS_MASK, 0, &bridge))
        return;
    uint8_t link = (uint8_t)(PIRQ_ROUTE + (pin - 1 + d->dev) % PIRQ_LINES);
    uint8_t route = pci_read8(&bridge, link);
    if (route & PIRQ_OFF)
        return;
    pci_write8(&bridge, link, PIRQ_OFF);
    pci_write8(&bridge, link, route);
    pci_write16(d, INTERRUPT_LINE, (uint16_t)(route | pin << 8));
}

void pci_place(const struct pci_dev *d)
{
    for (unsigned n = 0; n < BARS;)
        n += place_bar(d, n);
    place_line(d);
}
