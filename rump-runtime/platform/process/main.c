/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * stubdom-process MEGABYTES RAMDISK
 *
 * Runs the program the ramdisk's manifest names ("mode plain"). Ends with the program's status, or
 * 128 + the signal that killed it; statuses above 249 are the platform's own (host.h). Console 0 is
 * standard output.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/manifest.h"
#include "core/memory.h"
#include "core/panic.h"
#include "core/ramdisk.h"
#include "core/string.h"
#include "core/thread.h"
#include "core/vm.h"
#include "linux/linux.h"
#include "linux/rump/rump_glue.h"
#include "platform/platform.h"
#include "platform/process/host.h"

#define KILLED_BY 128

void process_start(const uintptr_t *stack) __attribute__((noreturn));

static void ended(int status, int sig)
{
    host_exit(sig ? KILLED_BY + sig : status);
}

static void read_manifest(struct manifest *m)
{
    const struct plat_boot_info *boot = plat_boot_info();
    struct ramdisk_entry e;
    const char *why;
    size_t offset;
    unsigned line;

    if (ramdisk_open(boot->ramdisk, boot->ramdisk_size, &why, &offset))
        panic("bad ramdisk: %s (at byte %zu of %zu)", why, offset, boot->ramdisk_size);
    if (!ramdisk_find("stubdom.manifest", &e))
        panic("bad ramdisk: no stubdom.manifest in it");
    if (manifest_parse(e.data, e.size, m, &why, &line))
        panic("bad stubdom.manifest: %s (line %u)", why, line);
}

void process_start(const uintptr_t *stack)
{
    const char *const *argv = (const char *const *)(stack + 1);
    struct manifest m;
    const char **args;
    uint64_t megabytes;
    int rc;

    if (stack[0] != 3 || !kparse_u64(argv[1], 10, &megabytes) || megabytes < 4 ||
        megabytes > 4096) {
        panic_print("usage: stubdom-process MEGABYTES RAMDISK\n");
        host_exit(EXIT_USAGE);
    }
    rc = memory_init(megabytes, argv[2]);
    if (rc) {
        panic_print("stubdom-process: %s: %s\n", argv[2], errno_name(rc));
        host_exit(EXIT_USAGE);
    }
    faults_init();
    pages_init();
    threads_init();
    vm_init();
    read_manifest(&m);
    linux_exit_hook = ended;
    if (rump_layer_init() || linux_init())
        panic("the system-call layer could not be started");
    args = kmalloc((m.arg_count + 2) * sizeof(*args), MEM_CORE);
    if (args == NULL)
        panic("out of memory: no room for the program's arguments");
    args[0] = m.program;
    memcpy(args + 1, m.args, (m.arg_count + 1) * sizeof(*args));
    linux_run_program(m.program, args, m.env);
}
