/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The door of the folder. */
#include "passthrough/passthrough.h"

#include "passthrough/pcifront.h"

int passthrough_init(void)
{
    pci_sysfs_register();
    pci_devmem_register();
    return pcifront_start();
}
