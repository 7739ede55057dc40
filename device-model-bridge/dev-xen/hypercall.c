/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /dev/xen/hypercall: memory for the arguments of hypercalls. Xen reads and writes it directly, so
 * its pages are there from the start and stay.
 */
#include "core/errno.h"
#include "core/vm.h"
#include "dev-xen/xen_devices.h"
#include "linux/abi.h"

static intptr_t hypercall_mmap(struct file *f, uintptr_t va, size_t len, unsigned prot,
                               unsigned vm_flags, int64_t off)
{
    (void)f;
    if (off != 0)
        return -EINVAL;
    return vm_map_anon(va, len, prot, vm_flags | VM_POPULATE);
}

static long hypercall_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    return char_device_stat(st, XEN_MISC_MAJOR, MINOR_HYPERCALL);
}

static const struct file_ops hypercall_ops = {
    .name = "/dev/xen/hypercall",
    .mmap = hypercall_mmap,
    .stat = hypercall_stat,
};

static int hypercall_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    (void)d;
    (void)rest;
    *file = file_create(&hypercall_ops, NULL, flags);
    return *file != NULL ? 0 : -ENOMEM;
}

static struct device hypercall_device = {
    .path = "/dev/xen/hypercall",
    .arg = (void *)MINOR_HYPERCALL,
    .open = hypercall_open,
    .stat = xen_device_stat,
};

void xen_hypercall_register(void)
{
    device_register(&hypercall_device);
}
