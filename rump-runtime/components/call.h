/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* call.h - the frame of a client call on a path: enter, look up, leave. */
#ifndef COMPONENTS_CALL_H
#define COMPONENTS_CALL_H

#include "components/fs.h"

struct path_call {
    struct lookup *lk;
    struct kfile *dirfile; /* what dirfd names, held for the duration */
};

/*
 * Takes the CPU and fs_lock and looks the path up from dirfd (LOOKUP_* flags). After it, whatever
 * it returned, comes call_end(); fs_lock is held in between.
 */
int call_begin(struct path_call *c, int dirfd, const char *path, unsigned flags);
/* A second path in the same call (rename, link): *start is where it begins. */
int call_start(int dirfd, const char *path, struct kfile **dirfile, struct node **start);
/* Undoes it; the value for the client: -1 with errno set, or `value`. */
intptr_t call_end(struct path_call *c, int error, intptr_t value);

#endif
