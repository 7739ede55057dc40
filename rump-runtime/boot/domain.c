/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The boot sequence, the same for every image: services bottom up, then the program. Nothing here
 * waits for a backend: a device that never comes must not delay the device model.
 */
#include "boot/boot.h"

#include <stdbool.h>

#include "blkfront.h"
#include "bridge.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/manifest.h"
#include "core/memory.h"
#include "core/ramdisk.h"
#include "core/string.h"
#include "core/thread.h"
#include "core/vm.h"
#include "linux/linux.h"
#include "linux/rump/rump_glue.h"
#include "netfront.h"
#include "platform/platform.h"
#include "xenstore/xenstore.h"

#define MANIFEST_NAME "stubdom.manifest"

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

static void open_ramdisk(struct manifest *m)
{
    const struct plat_boot_info *boot = plat_boot_info();
    struct ramdisk_entry entry;
    const char *why;
    size_t offset;
    unsigned line;

    if (boot->ramdisk == NULL)
        panic("no ramdisk: set stubdomain_ramdisk to the file that belongs to this kernel");
    if (ramdisk_open(boot->ramdisk, boot->ramdisk_size, &why, &offset))
        panic("bad ramdisk: %s (at byte %zu of %zu)", why, offset, boot->ramdisk_size);
    if (!ramdisk_find(MANIFEST_NAME, &entry))
        panic("bad ramdisk: no %s in it: was it made for this kernel?", MANIFEST_NAME);
    if (manifest_parse(entry.data, entry.size, m, &why, &line))
        panic("bad %s: %s (line %u)", MANIFEST_NAME, why, line);
}

static void must(const char *what, int rc)
{
    if (rc)
        panic("%s could not be started: %s", what, errno_name(rc));
}

/* argv for mode plain: the program, then the manifest's arguments. */
static const char **plain_arguments(const struct manifest *m)
{
    const char **argv = kmalloc((m->arg_count + 2) * sizeof(*argv), MEM_CORE);

    if (argv == NULL)
        panic("out of memory: no room for the program's arguments");
    argv[0] = m->program;
    for (size_t i = 0; i <= m->arg_count; i++) /* the final NULL too */
        argv[i + 1] = m->args[i];
    return argv;
}

static void run_device_model(const struct manifest *m)
{
    const struct bridge_manifest bm = {
        .program = m->program,
        .args = m->args,
        .nargs = m->arg_count,
        .env = m->env,
        .nenv = m->env_count,
    };
    char **argv, **envp;

    linux_exit_hook = bridge_program_ended;
    must("the device model", bridge_program(&bm, &argv, &envp));
    linux_run_program(m->program, (const char *const *)argv, (const char *const *)envp);
}

void stubdom_boot(void)
{
    struct manifest m;

    pages_init();
    threads_init();
    vm_init();
    read_command_line();
    log_info("rump-stubdom " RUMP_STUBDOM_VERSION ": %zu MiB of memory, ramdisk of %zu KiB",
             plat_boot_info()->memory_pages >> 8, plat_boot_info()->ramdisk_size >> 10);
    /* What a program reads of the same clock tells how long it took to get there. */
    log_debug("kernel entered at %lu ns", (unsigned long)plat_boot_info()->entered);
    open_ramdisk(&m);
    must("xenstore", xenstore_init());
    must("the rump kernel", rump_layer_init());
    must("the system-call layer", linux_init());
    must("blkfront", blkfront_init());
    must("netfront", netfront_init());
    must("the bridge", bridge_init());
    if (m.device_model)
        run_device_model(&m);
    linux_run_program(m.program, plain_arguments(&m), m.env);
}
