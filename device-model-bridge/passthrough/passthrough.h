/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * passthrough.h - what QEMU's PCI passthrough finds of a device that was passed through to the
 * guest: its files in sysfs, and its memory in /dev/mem.
 */
#ifndef BRIDGE_PASSTHROUGH_H
#define BRIDGE_PASSTHROUGH_H

/*
 * Registers the nodes and starts the frontend. Waits for nobody; without devices it costs a watch.
 * 0 or -ENOMEM.
 */
int passthrough_init(void);

/* The nodes, each in its file; passthrough_init() calls them. */
void pci_sysfs_register(void);
void pci_devmem_register(void);

#endif
