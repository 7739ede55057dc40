/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* QEMU's pci-testdev: docs/specs/pci-testdev.txt of QEMU is its data sheet. */

#include "devices.h"

#define TEST   0x00
#define OFFSET 0x04
#define DATA   0x08
#define COUNT  0x0c
#define NAME   0x10

#define WRITES 5u

/* A region of the device, in memory or in I/O space. */
struct region {
    bool io;
    uint32_t base;
};

static uint8_t get(const struct region *r, uint32_t at)
{
    return r->io ? inb((uint16_t)(r->base + at)) : *(volatile uint8_t *)phys(r->base + at);
}

static void put(const struct region *r, uint32_t at, uint8_t v)
{
    if (r->io)
        outb((uint16_t)(r->base + at), v);
    else
        *(volatile uint8_t *)phys(r->base + at) = v;
}

static uint32_t get32(const struct region *r, uint32_t at)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < 4; i++)
        v |= (uint32_t)get(r, at + i) << 8 * i;
    return v;
}

/* The device's first test counts writes of one byte at one place, and has the region's name. */
static void try_region(const struct region *r, const char *name)
{
    put(r, TEST, 0);
    for (size_t i = 0; i < strlen(name); i++) {
        if (!check(get(r, NAME + i) == (uint8_t)name[i], "testdev: not %s, at %u", name,
                   (unsigned)i))
            return;
    }
    check(get32(r, COUNT) == 0, "testdev: %s begins at %u", name, get32(r, COUNT));
    uint32_t at = get32(r, OFFSET);
    uint8_t value = get(r, DATA);
    for (unsigned i = 0; i < WRITES; i++)
        put(r, at, value);
    put(r, at, (uint8_t)(value ^ 1));
    check(get32(r, COUNT) == WRITES, "testdev: %s counted %u", name, get32(r, COUNT));
}

void testdev_test(const struct pci_dev *d)
{
    pci_enable(d);
    const struct region memory = {false, pci_bar(d, 0)}, ports = {true, pci_bar(d, 1)};
    note("testdev at %02x.%x: memory %08x ports %04x", d->dev, d->fn, memory.base, ports.base);
    try_region(&memory, "mmio-no-eventfd");
    try_region(&ports, "portio-no-eventfd");
    note("testdev: done");
}
