/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * Devices of the emulated host that are passed through: each function drives one as a driver
 * would, and checks every promise. Their interrupts by messages arrive as if a line of the 8259 had
 * fired.
 */
#ifndef DEVICES_H
#define DEVICES_H

#include "guest.h"

/* Vendor and device of what the lab has (lab/host/LabPci.java). */
#define EDU_ID     0x1234, 0x11e8
#define NVME_ID    0x1b36, 0x0010
#define TESTDEV_ID 0x1b36, 0x0005
#define IVSHMEM_ID 0x1af4, 0x1110

/* Lets interrupts by messages in. Once, before the first. */
void msi_init(void);
/* Address and data of the message that counts as line `irq`. */
uint32_t msi_address(void);
uint32_t msi_data(unsigned irq);
/* Takes the message's interrupt out of service; the line may fire again. */
void msi_done(void);

/* Offset of a capability in configuration space, 0 when there is none. */
uint8_t pci_capability(const struct pci_dev *d, uint8_t id);

/* Gives addresses and an interrupt line to a device that came after the firmware. */
void pci_place(const struct pci_dev *d);

/* edu: memory, computing, DMA both ways, interrupts by its line and by MSI. */
void edu_test(const struct pci_dev *d);
/* nvme: version, admin queue by DMA, interrupts by MSI-X: sent, masked, pending, unmasked. */
void nvme_test(const struct pci_dev *d);
/* pci-testdev: memory and I/O ports, each told apart by the device itself. */
void testdev_test(const struct pci_dev *d);
/* ivshmem: registers in a region of 256 bytes, and memory of its own. */
void ivshmem_test(const struct pci_dev *d);

#endif
