/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* path.h - names from the program, shared by path.c (open, names) and pathstat.c (attributes). */
#ifndef LINUX_RUMP_PATH_H
#define LINUX_RUMP_PATH_H

#include "core/errno.h"
#include "linux/file.h"
#include "linux/rump/rumpfile.h"

/*
 * A copy of the name, to be kfree'd; -EFAULT, -ENAMETOOLONG, -ENOMEM. An empty one is -ENOENT
 * unless empty_ok. After it rump calls may be made (the thread has its lwp).
 */
long path_get(uintptr_t upath, bool empty_ok, char **path);

/*
 * The rump descriptor a Linux dirfd stands for; -EBADF, -ENOTDIR. Not looked at for absolute paths.
 */
long path_dirfd(int dirfd, const char *path, int *rump_dirfd);

/*
 * One name with its directory, for the many calls that need just that. path_end() frees it and
 * returns what the rump call gave as Linux would.
 */
struct path_arg {
    char *path;
    int dirfd; /* rump's */
};
long path_begin(struct path_arg *pa, int dirfd, uintptr_t upath);
long path_end(struct path_arg *pa, intptr_t rump_result);

/*
 * stat() of the native device that answers for the path: 0, -ENOENT when there is none, or its
 * error.
 */
long device_stat(const char *path, struct linux_stat *st);

#endif
