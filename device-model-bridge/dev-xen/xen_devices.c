/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * What the device files of this folder have in common.
 */
#include "dev-xen/xen_devices.h"

#include "linux/abi.h"

void xen_devices_register(void)
{
    xen_privcmd_register();
    xen_hypercall_register();
    xen_evtchn_register();
    xen_gntdev_register();
    xen_xenbus_register();
}

int xen_device_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    (void)rest;
    return char_device_stat(st, XEN_MISC_MAJOR, (unsigned)(uintptr_t)d->arg);
}
