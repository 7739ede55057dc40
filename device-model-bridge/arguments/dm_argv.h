/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * dm_argv.h - from the arguments libxl left in xenstore to those QEMU gets.
 *
 * libxl describes the device model in /vm/<uuid>/image/dm-argv/NNN, one node per argument, and
 * leaves to the stub domain what only it can know: where firmware lies, the monitor, the save and
 * restore streams, how disks are best read.
 */
#ifndef BRIDGE_DM_ARGV_H
#define BRIDGE_DM_ARGV_H

#include <stddef.h>

/* Bounds against a runaway toolstack; a large real configuration has about a hundred arguments. */
#define DM_ARGV_MAX_ARGS  1024u
#define DM_ARGV_MAX_BYTES ((size_t)256 << 10)

struct dm_argv_input {
    const char *program;        /* argv[0] */
    const char *const *dm_args; /* libxl's, in order */
    size_t n_dm_args;
    const char *const *user_args; /* the manifest's, appended untouched */
    size_t n_user_args;
    int save_fd;     /* write-only descriptor of console 1, or -1 */
    int restore_fd;  /* read-only descriptor of console 2, or -1 */
    const char *vnc; /* where to serve the picture: value of -vnc, or NULL */
};

/*
 * Builds the NULL-terminated vector in one kmalloc block (pointers and strings), the caller's to
 * free. A pure function of its input. 0; -EINVAL or -E2BIG with *why set to a static text; -ENOMEM.
 */
int dm_argv_build(const struct dm_argv_input *in, char ***argv, const char **why);

/* What the guest has of that which takes memory. */
struct dm_argv_devices {
    unsigned disks, nics;
    unsigned queueing;  /* disks that take more than one command at a time */
    unsigned video_mib; /* memory of the video adapter; 0: not said */
};

/* Counts them among libxl's and the manifest's arguments. A pure function of its input. */
struct dm_argv_devices dm_argv_devices(const struct dm_argv_input *in);

/*
 * Reads libxl's arguments of guest `target` from xenstore, in the order of their numbers: *args is
 * one kmalloc block (pointers and strings) for the caller to free. 0, -ENOENT when there are none,
 * -EINVAL for a node that cannot be an argument (logged), or another negative errno.
 */
int dm_argv_read(unsigned target, char ***args, size_t *count);

#endif
