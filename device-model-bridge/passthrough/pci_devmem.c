/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /dev/mem: the memory of devices that were passed through, to be read and nothing else. QEMU looks
 * at the table of a device's MSI-X there, of which the guest sees a copy.
 */
#include "core/budget.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/vm.h"
#include "linux/abi.h"
#include "linux/file.h"
#include "passthrough/passthrough.h"
#include "passthrough/pci_devices.h"

#include <xen/xen.h>

/* Linux' number of the node (Documentation/admin-guide/devices.txt). */
#define MEM_MAJOR 1u
#define MEM_MINOR 1u

/* The largest table has 2048 entries of 16 bytes, and begins anywhere in a page. */
#define MAP_MAX_PAGES 16u

static int map_frames(uintptr_t va, uint64_t first, size_t n)
{
    uint64_t frames[MAP_MAX_PAGES];
    int err[MAP_MAX_PAGES];
    int rc;

    for (size_t i = 0; i < n; i++)
        frames[i] = first + i;
    rc = plat_map_foreign(va, n, DOMID_IO, frames, PLAT_FRAMES_MACHINE, PLAT_PROT_READ, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = err[i];
    return rc;
}

static intptr_t mem_mmap(struct file *f, uintptr_t va, size_t len, unsigned prot, unsigned vm_flags,
                         int64_t off)
{
    size_t pages = len >> PLAT_PAGE_SHIFT;
    intptr_t at;
    int rc;

    (void)f;
    if ((prot & (PLAT_PROT_WRITE | PLAT_PROT_EXEC)) != 0)
        return -EACCES;
    if (pages > MAP_MAX_PAGES || !pci_devices_own((uint64_t)off, len)) {
        log_warning("pci: %zu bytes at %#lx are no device's memory; not mapped", len,
                    (unsigned long)off);
        return -EPERM;
    }
    if (!budget_allows_frames(pages))
        return -ENOMEM;
    at = vm_map_foreign(va, len, prot, vm_flags, NULL, NULL);
    if (at < 0)
        return at;
    rc = map_frames((uintptr_t)at, (uint64_t)off >> PLAT_PAGE_SHIFT, pages);
    if (rc < 0) {
        log_warning("pci: Xen does not map device memory at %#lx (%s)", (unsigned long)off,
                    errno_name(rc));
        (void)vm_unmap((uintptr_t)at, len);
        return rc;
    }
    return at;
}

static long mem_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    return char_device_stat(st, MEM_MAJOR, MEM_MINOR);
}

static const struct file_ops mem_ops = {
    .name = "/dev/mem",
    .mmap = mem_mmap,
    .stat = mem_stat,
};

static int mem_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    (void)d;
    (void)rest;
    *file = file_create(&mem_ops, NULL, flags);
    return *file != NULL ? 0 : -ENOMEM;
}

static int mem_device_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    (void)d;
    (void)rest;
    return char_device_stat(st, MEM_MAJOR, MEM_MINOR);
}

void pci_devmem_register(void)
{
    static struct device device = {
        .path = "/dev/mem",
        .open = mem_open,
        .stat = mem_device_stat,
    };

    device_register(&device);
}
