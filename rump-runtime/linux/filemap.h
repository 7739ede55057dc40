/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * filemap.h - shared mappings of regular files that cannot map themselves (the rump kernel's client
 * API has no mmap).
 *
 * The file's mapped pages are kept once per file, however often it is mapped. They are written back
 * when a mapping ends, on msync, and before the file is read through a descriptor; a write through
 * a descriptor shows in them. What is written by name only (truncate(2), another O_TRUNC open) is
 * not seen by existing mappings.
 */
#ifndef LINUX_FILEMAP_H
#define LINUX_FILEMAP_H

#include <stddef.h>
#include <stdint.h>

struct file;

/* As file_ops.mmap; -ENODEV for anything but a regular file without O_APPEND. */
intptr_t filemap_mmap(struct file *f, uintptr_t va, size_t len, unsigned prot, unsigned vm_flags,
                      int64_t off);

/* How many files are mapped: nothing below needs to be called while it is 0. */
extern unsigned filemap_count;

/* Write the mapped pages of f (NULL: of every file) back. 0 or the first negative errno. */
long filemap_flush(struct file *f);
/* f was written through a descriptor: show it in its mapped pages. */
void filemap_refresh(struct file *f);

#endif
