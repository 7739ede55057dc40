/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pci_devices.h - the devices that were passed through to this domain, as the program knows them:
 * by the address each has on the host, or by the one the backend shows it at.
 */
#ifndef BRIDGE_PCI_DEVICES_H
#define BRIDGE_PCI_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "passthrough/pci_address.h"
#include "passthrough/pci_regions.h"

/* Never freed, so a file may point to one. One that goes away and comes back is the same. */
struct pci_device {
    struct list link;         /* private */
    struct pci_address host;  /* on the host */
    struct pci_address shown; /* what the backend is asked by; stays when the device went */
    bool present;             /* the backend lists it */
    bool regions_known;       /* since it is present */
    bool refusal_told;        /* that dom0 does not allow a write: once */
    struct pci_region regions[PCI_REGIONS]; /* when they are known */
};

/*
 * The device at an address, after a look at what the backend lists now; the host's addresses come
 * before the backend's. May sleep. NULL: there is none (yet).
 */
struct pci_device *pci_device_find(const struct pci_address *a);

/* Has its regions found, once. 0 or the error of an access (pcifront.h). */
int pci_device_regions(struct pci_device *dev);

/*
 * Do all bytes of [start, start + size), whole pages, lie in pages that memory of one device is in?
 * Only of devices that are present and whose regions are known.
 */
bool pci_devices_own(uint64_t start, uint64_t size);

#endif
