/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* fdtable.h - what only the Linux layer itself needs of the descriptor table (others: file.h). */
#ifndef LINUX_FDTABLE_H
#define LINUX_FDTABLE_H

#include "linux/abi.h"
#include "linux/file.h"

#define FD_LIMIT 1024

/*
 * A file made for one descriptor: create and install at the lowest free one. fd or a negative
 * errno.
 */
int fd_create(const struct file_ops *ops, void *priv, unsigned flags, bool cloexec);

/* The file of a descriptor without a reference, or NULL: to be compared. */
struct file *fd_peek(int fd);
/* Changes whenever a descriptor begins or ceases to mean a file. */
unsigned fd_generation(void);

static inline bool file_can_read(const struct file *f)
{
    return (f->flags & O_ACCMODE) != O_WRONLY;
}

static inline bool file_can_write(const struct file *f)
{
    return (f->flags & O_ACCMODE) != O_RDONLY;
}

#endif
