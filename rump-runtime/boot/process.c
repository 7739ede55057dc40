/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The boot sequence of stubdom-process: rump kernel and system-call layer, then a plain program.
 * There is no Xen, so nothing that speaks to Xen is started.
 */
#include "boot/boot.h"
#include "core/manifest.h"
#include "core/memory.h"
#include "core/thread.h"
#include "core/vm.h"
#include "linux/linux.h"
#include "linux/rump/rump_glue.h"
#include "platform/process/host.h"

#define KILLED_BY 128

static void ended(int status, int sig)
{
    host_exit(sig ? KILLED_BY + sig : status);
}

void stubdom_boot(void)
{
    struct manifest m;

    pages_init();
    threads_init();
    vm_init();
    boot_open_ramdisk(&m);
    linux_exit_hook = ended;
    boot_must("the rump kernel", rump_layer_init());
    boot_must("the system-call layer", linux_init());
    boot_offer_host_files();
    if (rump_mount_disks != NULL && rump_mount_disks() != 0)
        host_exit(EXIT_NO_DISK);
    boot_plain_program(&m);
}
