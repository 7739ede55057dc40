/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * pt: devices of the host are passed through, and do all that they promise.
 *
 * Memory, I/O ports, DMA from and to the guest's memory, interrupts by line, by MSI and by MSI-X
 * (sent, masked, waiting, unmasked), registers in less than a page. The devices are their own
 * judges: each answers only what it was really told (lib/edu.c, nvme.c, testdev.c, ivshmem.c).
 *
 * Parameters: devices, letters of those that must be there: e (edu), n (nvme), t (testdev),
 * i (ivshmem); "ent".
 */

#include "devices.h"

const char test_name[] = "pt";
const char test_title[] = "devices of the host: memory, ports, DMA, interrupts";

static bool wanted(char letter)
{
    char devices[8] = "ent";
    param("devices", devices, sizeof(devices));
    for (const char *p = devices; *p; p++) {
        if (*p == letter)
            return true;
    }
    return false;
}

static void one(char letter, const char *name, uint16_t vendor, uint16_t device,
                void (*test)(const struct pci_dev *))
{
    struct pci_dev d;
    if (!wanted(letter))
        return;
    if (check(pci_find_id(vendor, device, 0, &d), "no %s", name))
        test(&d);
}

void test_main(void)
{
    msi_init();
    one('e', "edu", EDU_ID, edu_test);
    one('n', "nvme", NVME_ID, nvme_test);
    one('t', "testdev", TESTDEV_ID, testdev_test);
    one('i', "ivshmem", IVSHMEM_ID, ivshmem_test);
}
