/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* pci_address.h - the address of a PCI function, as sysfs and xenstore write it: 0000:00:05.0. */
#ifndef BRIDGE_PCI_ADDRESS_H
#define BRIDGE_PCI_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct pci_address {
    uint32_t domain; /* segment, up to 0xffff */
    uint32_t bus;    /* up to 0xff */
    uint32_t devfn;  /* device << 3 | function */
};

/* Arguments for "%04x:%02x:%02x.%x". */
#define PCI_ADDRESS_ARGS(a) (a)->domain, (a)->bus, (a)->devfn >> 3, (a)->devfn & 7

/*
 * Reads an address at the beginning of text; *end is what follows it. Any number of leading zeros
 * is fine: xen-pciback writes the function as "00". False when there is none.
 */
bool pci_address_parse(const char *text, struct pci_address *a, const char **end);

bool pci_address_equal(const struct pci_address *a, const struct pci_address *b);

#endif
