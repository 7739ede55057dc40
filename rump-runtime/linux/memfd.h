/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* memfd.h - memory files: memfd_create(2) and their shared mappings. */
#ifndef LINUX_MEMFD_H
#define LINUX_MEMFD_H

#include <stdbool.h>

struct file;

/* Is it a file of memfd_create(2)? */
bool file_is_memfd(const struct file *f);

#endif
