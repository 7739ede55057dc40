/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pcifront.h - the frontend of xen-pciback (<xen/io/pciif.h>; device/pci/0 in xenstore): its
 * states, and accesses to the configuration space of the devices behind it over one shared page.
 *
 * The backend is dom0, but what it writes is copied once and checked in the copy, and no access
 * waits for it longer than PCIFRONT_ANSWER_NS.
 */
#ifndef BRIDGE_PCIFRONT_H
#define BRIDGE_PCIFRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "passthrough/pci_address.h"

/* An answer that takes longer is an error of the access, ns. */
#define PCIFRONT_ANSWER_NS UINT64_C(2000000000)

/* Starts looking for a backend, of which there may never be one. 0 or -ENOMEM. */
int pcifront_start(void);

/*
 * Reads or writes `size` bytes (1, 2 or 4) at the offset, which is a multiple of it, of the device
 * the backend shows at that address. May sleep. A value is little-endian in the low bytes. Errors:
 * -ENODEV: no backend, or it does not know the device; -EACCES: it does not allow this; -EIO:
 * anything else, among it an answer that is overdue, this one's or one before.
 */
int pcifront_read(const struct pci_address *at, unsigned offset, unsigned size, uint32_t *value);
int pcifront_write(const struct pci_address *at, unsigned offset, unsigned size, uint32_t value);

/* How many devices the backend's directory lists now, at most PCIFRONT_DEVICES. 0 without one. */
#define PCIFRONT_DEVICES 32u /* slots of the bus that xen-pciback shows */
unsigned pcifront_devices(void);

/*
 * The address of device `index` on the host, and where the backend shows it. Reads xenstore, so it
 * may sleep. False when the backend has not said yet, or says nonsense.
 */
bool pcifront_device(unsigned index, struct pci_address *host, struct pci_address *shown);

#endif
