/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
#include "core/string.h"
#include "linux/abi.h"
#include "xen_devices.h"

int char_device_stat(struct linux_stat *st, unsigned major, unsigned minor)
{
    memset(st, 0, sizeof(*st));
    st->st_mode = S_IFCHR | 0600;
    st->st_nlink = 1;
    st->st_rdev = LINUX_MKDEV(major, minor);
    st->st_ino = st->st_rdev;
    st->st_blksize = PLAT_PAGE_SIZE;
    return 0;
}

int xen_device_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    (void)rest;
    return char_device_stat(st, XEN_MISC_MAJOR, (unsigned)(uintptr_t)d->arg);
}
