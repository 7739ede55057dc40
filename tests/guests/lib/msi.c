/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * Interrupts by messages, beside the 8259: Intel SDM volume 3, chapter 10 (10.11 for the form of a
 * message); PCI Local Bus Specification 3.0, 6.7 and 6.8.
 */

#include "devices.h"

#define LAPIC          0xfee00000u
#define LAPIC_ID       0x20
#define LAPIC_PRIORITY 0x80
#define LAPIC_EOI      0xb0
#define LAPIC_SPURIOUS 0xf0
#define LAPIC_ENABLE   0x100u

#define VECTOR_BASE     0x20u /* of the lines, irq.c */
#define SPURIOUS_VECTOR 0x2fu

#define CAPABILITIES 0x34

void msi_init(void)
{
    mmio_write32(LAPIC + LAPIC_SPURIOUS, LAPIC_ENABLE | SPURIOUS_VECTOR);
    mmio_write32(LAPIC + LAPIC_PRIORITY, 0);
}

uint32_t msi_address(void)
{
    return LAPIC | mmio_read32(LAPIC + LAPIC_ID) >> 24 << 12;
}

uint32_t msi_data(unsigned irq)
{
    return VECTOR_BASE + irq;
}

void msi_done(void)
{
    mmio_write32(LAPIC + LAPIC_EOI, 0);
}

uint8_t pci_capability(const struct pci_dev *d, uint8_t id)
{
    uint8_t at = pci_read8(d, CAPABILITIES);
    for (unsigned n = 0; at != 0 && n < 48; n++) {
        if (pci_read8(d, at) == id)
            return at;
        at = pci_read8(d, (uint8_t)(at + 1));
    }
    return 0;
}
