/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* From the ramdisk to its manifest, and from the manifest to a running program. */
#include "boot/boot.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/manifest.h"
#include "core/memory.h"
#include "core/ramdisk.h"
#include "core/string.h"
#include "linux/linux.h"
#include "linux/rump/rump_glue.h"
#include "platform/platform.h"

#define MANIFEST_NAME "stubdom.manifest"

void boot_open_ramdisk(struct manifest *m)
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

void boot_must(const char *what, int rc)
{
    if (rc)
        panic("%s could not be started: %s", what, errno_name(rc));
}

void boot_plain_program(const struct manifest *m)
{
    const char **argv = kmalloc((m->arg_count + 2) * sizeof(*argv), MEM_CORE);

    if (argv == NULL)
        panic("out of memory: no room for the program's arguments");
    argv[0] = m->program;
    for (size_t i = 0; i <= m->arg_count; i++) /* the final NULL too */
        argv[i + 1] = m->args[i];
    linux_leave_hook = rump_unmount_disks; /* NULL beside the bundled rump kernel */
    linux_run_program(m->program, argv, m->env);
}
