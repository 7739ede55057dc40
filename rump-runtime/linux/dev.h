/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
#ifndef LINUX_DEV_H
#define LINUX_DEV_H

struct file;

/* Registers the nodes with path resolution; once. */
void dev_register(void);

/* A new file on console 0 (output only), owned by the caller; NULL when memory is short. */
struct file *dev_console(void);

#endif
