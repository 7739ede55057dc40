/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The boot sequence under Xen, the same for every image: services bottom up, then the program.
 * Nothing here waits for a backend: a device that never comes must not delay the device model.
 */
#include "boot/boot.h"

#include <stdbool.h>

#include "blkfront.h"
#include "bridge.h"
#include "components/netbsd.h"
#include "core/log.h"
#include "core/manifest.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/thread.h"
#include "core/vm.h"
#include "linux/linux.h"
#include "linux/rump/rump_glue.h"
#include "netfront.h"
#include "platform/platform.h"
#include "rumpuser/rumpuser.h"
#include "xenstore/xenstore.h"

/*
 * "loglevel=N" on the kernel command line: 0 errors ... 3 everything. Unknown words are left to
 * others.
 */
static void read_command_line(void)
{
    const char *at = strstr(plat_boot_info()->cmdline, "loglevel=");

    if (at != NULL && at[9] >= '0' && at[9] <= '3')
        log_level = (enum log_level)(at[9] - '0');
}

/* What only another rump kernel than the bundled one can do. */
static void refuse(const char *parameter, const char *what)
{
    if (rumpuser_getparam(parameter, NULL, 0) != NB_ENOENT)
        log_error("rump.%s= asks for %s: this image has not NetBSD's kernel (docs/netbsd.md)",
                  parameter, what);
}

static void run_device_model(const struct manifest *m, unsigned own_nics)
{
    const struct bridge_manifest bm = {
        .program = m->program,
        .args = m->args,
        .nargs = m->arg_count,
        .env = m->env,
        .nenv = m->env_count,
        .own_nics = own_nics,
    };
    char **argv, **envp;

    linux_exit_hook = bridge_program_ended;
    boot_must("the device model", bridge_program(&bm, &argv, &envp));
    linux_run_program(m->program, (const char *const *)argv, (const char *const *)envp);
}

void stubdom_boot(void)
{
    unsigned own_nics = 0;
    struct manifest m;

    pages_init();
    threads_init();
    vm_init();
    read_command_line();
    log_info("rump-stubdom " RUMP_STUBDOM_VERSION ": %zu MiB of memory, ramdisk of %zu KiB",
             plat_boot_info()->memory_pages >> 8, plat_boot_info()->ramdisk_size >> 10);
    /* What a program reads of the same clock tells how long it took to get there. */
    log_debug("kernel entered at %lu ns", (unsigned long)plat_boot_info()->entered);
    boot_open_ramdisk(&m);
    boot_must("xenstore", xenstore_init());
    boot_must("the report on memory", boot_report_init());
    boot_must("the rump kernel", rump_layer_init());
    boot_must("the system-call layer", linux_init());
    boot_must("blkfront", blkfront_init());
    boot_must("netfront", netfront_init());
    if (own_network_init != NULL)
        own_nics = own_network_init();
    else
        refuse("net", "a network");
    if (rump_mount_disks != NULL)
        (void)rump_mount_disks();
    else
        refuse("mount", "disks");
    boot_must("the bridge", bridge_init());
    bridge_disks(blk_letter);
    if (m.device_model)
        run_device_model(&m, own_nics);
    boot_plain_program(&m);
}
