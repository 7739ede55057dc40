/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
#ifndef LINUX_EPOLL_H
#define LINUX_EPOLL_H

struct file;

/* The last reference to a file goes: whoever watches it forgets it, as epoll(7) says. */
void epoll_file_gone(struct file *f);

#endif
