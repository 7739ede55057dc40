/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * ramdisk.h - read-only view of the boot module: a "newc" cpio archive (cpio(5)), files in place.
 *
 * The archive is input from outside: ramdisk_open() checks every header, name and size once, before
 * any entry is handed out. Entries named ".pad/..." only align what follows and are skipped.
 */
#ifndef CORE_RAMDISK_H
#define CORE_RAMDISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ramdisk_entry {
    const char
        *name;      /* relative path without leading "./" or "/", NUL-terminated, in the archive */
    uint32_t mode;  /* S_IFMT bits and permissions */
    uint32_t mtime; /* seconds since 1970 */
    const void
        *data; /* file contents or symbolic link target, in place; page-aligned for large files */
    size_t size;
};

/*
 * Checks the whole archive. Returns 0, or -EINVAL with *why set to a static text that names the
 * fault
 * ("truncated in header", "bad magic", ...) and *offset to its place.
 */
int ramdisk_open(const void *data, size_t size, const char **why, size_t *offset);

/*
 * Calls fn for each entry in archive order until it returns non-zero; returns that value, else 0.
 */
int ramdisk_for_each(int (*fn)(const struct ramdisk_entry *, void *), void *arg);

/* False when there is no entry of that name (same spelling as ramdisk_entry.name). */
bool ramdisk_find(const char *name, struct ramdisk_entry *entry);

#endif
