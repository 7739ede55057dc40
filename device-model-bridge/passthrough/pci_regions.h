/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pci_regions.h - the memory and I/O ports of a device, as its base address registers say
 * (PCI Local Bus Specification 3.0, 6.2.5).
 */
#ifndef BRIDGE_PCI_REGIONS_H
#define BRIDGE_PCI_REGIONS_H

#include <stdint.h>

#include "passthrough/pci_address.h"

#define PCI_REGIONS    7u /* six registers and the expansion ROM */
#define PCI_REGION_ROM 6u

/* What Linux' sysfs says of a region, IORESOURCE_* of <linux/ioport.h>; the low bits are the
 * register's own. */
#define PCI_REGION_IO        0x00000100u
#define PCI_REGION_MEMORY    0x00000200u
#define PCI_REGION_PREFETCH  0x00002000u
#define PCI_REGION_READONLY  0x00004000u
#define PCI_REGION_SIZEALIGN 0x00040000u
#define PCI_REGION_64        0x00100000u

struct pci_region {
    uint64_t start; /* address of the host */
    uint64_t size;  /* bytes, a power of two; 0: there is no such region, and all else is 0 */
    uint32_t flags;
};

/*
 * Finds the regions of the device that the backend shows at that address; one it has not placed is
 * none. Sizes are asked as usual, by writing ones to a register, which the backend answers without
 * touching the device. Serialised; may sleep. What cannot be is left out with a message. 0, or the
 * first error of an access (pcifront.h).
 */
int pci_regions_read(const struct pci_address *shown, struct pci_region regions[PCI_REGIONS]);

#endif
