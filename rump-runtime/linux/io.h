/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* io.h - what io.c does for the other files of the layer that read and write open files. */
#ifndef LINUX_IO_H
#define LINUX_IO_H

#include <stdint.h>

#include "linux/file.h"

#define RW_MAX 0x7ffff000u /* bytes: one call moves at most this much, as on Linux */

enum io_direction { READ, WRITE };

/*
 * Reads or writes with a vector of the program's buffers that were checked (user_range()); makes
 * them present. pos: where, and the new position; NULL for the file's own. The vector is used up.
 * May sleep. Bytes moved or a negative errno: what read(2) and write(2) answer.
 */
long io_transfer(struct file *f, enum io_direction dir, struct kiovec *iov, int n, int64_t *pos);

#endif
