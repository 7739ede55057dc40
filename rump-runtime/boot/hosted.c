/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The boot sequence of domain.c for the hosted platform: the test says which services it wants, and
 * there is no program at the end.
 */
#include "platform/hosted/hosted.h"
#include "blkfront.h"
#include "boot/boot.h"
#include "bridge.h"
#include "core/ramdisk.h"
#include "core/vm.h"
#include "linux/linux.h"
#include "linux/rump/rump_glue.h"
#include "netfront.h"
#include "xenstore/xenstore.h"

/* Bits of the argument, in the order of starting. */
enum {
    BOOT_XENSTORE = 1,
    BOOT_LINUX = 2, /* rump kernel and system-call layer */
    BOOT_BLKFRONT = 4,
    BOOT_NETFRONT = 8,
    BOOT_BRIDGE = 16,
    BOOT_REPORT = 32,
};

HOSTED_API int64_t hosted_boot(uint64_t services);

/* A call for a worker (hosted.h). 0 or the first negative errno. */
int64_t hosted_boot(uint64_t services)
{
    const struct plat_boot_info *boot = plat_boot_info();
    const char *why;
    size_t offset;
    int rc = 0;

    vm_init();
    if (boot->ramdisk != NULL)
        rc = ramdisk_open(boot->ramdisk, boot->ramdisk_size, &why, &offset);
    if (!rc && (services & BOOT_XENSTORE))
        rc = xenstore_init();
    if (!rc && (services & BOOT_LINUX))
        rc = rump_layer_init();
    if (!rc && (services & BOOT_LINUX))
        rc = linux_init();
    if (!rc && (services & BOOT_BLKFRONT))
        rc = blkfront_init();
    if (!rc && (services & BOOT_NETFRONT))
        rc = netfront_init();
    if (!rc && (services & BOOT_BRIDGE))
        rc = bridge_init();
    if (!rc && (services & BOOT_REPORT))
        rc = boot_report_init();
    if (!rc && (services & BOOT_BRIDGE) && (services & BOOT_BLKFRONT))
        bridge_disks(blk_letter);
    return rc;
}
