/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * ramfile.h - files of the ramdisk as files of the root.
 *
 * The rump kernel has their names and attributes: for each an empty file. The contents stay in the
 * ramdisk and are served from here, until somebody opens the file for writing: then the rump kernel
 * gets them, and the file is one like any other. Results are Linux ones.
 */
#ifndef LINUX_RUMP_RAMFILE_H
#define LINUX_RUMP_RAMFILE_H

#include "linux/rump/rumpfile.h"

struct ramfile;

/* Enters the ramdisk's names in the rump kernel's root. Once, with an lwp. */
int ramfiles_enter(void);

/* The file whose contents are still the ramdisk's, by what the rump kernel says of it, or NULL. */
struct ramfile *ramfile_of(const struct nb_stat *st);

/* How long the file is. */
int64_t ramfile_size(const struct ramfile *ram);

/*
 * Hands the contents over to the rump kernel, by a descriptor of the file that may write and is at
 * its beginning, where it is left. Not when the caller cuts the file off anyway: keep == false.
 */
int ramfile_give(struct ramfile *ram, int fd, bool keep);

/* Its last name has gone: who has it open may go on reading. */
void ramfile_nameless(struct ramfile *ram);

/* Operations of a file that is open for reading; struct rump_file.ram names it. */
extern const struct file_ops ramfile_ops;

#endif
