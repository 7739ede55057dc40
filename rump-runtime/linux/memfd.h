/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* memfd.h - memory files: memfd_create(2) and their shared mappings. */
#ifndef LINUX_MEMFD_H
#define LINUX_MEMFD_H

#include <stdbool.h>

struct file;

bool file_is_memfd(const struct file *f);
/* F_GET_SEALS, F_ADD_SEALS; -EINVAL for files without seals. */
long memfd_fcntl(struct file *f, int cmd, unsigned long arg);

#endif
