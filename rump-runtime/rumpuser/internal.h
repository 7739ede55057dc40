/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * internal.h - what the files of this room share, and nobody else: NetBSD's numbers, the up-calls,
 * and how a hypercall sleeps.
 */
#ifndef RUMPUSER_INTERNAL_H
#define RUMPUSER_INTERNAL_H

#include "core/thread.h"
#include "rumpuser/context.h"
#include "rumpuser/rumpuser.h"

/* NetBSD errno values the hypercalls answer with (sys/errno.h). */
#define RU_ENOENT        2
#define RU_ESRCH         3
#define RU_EIO           5
#define RU_E2BIG         7
#define RU_EBADF         9
#define RU_ENOMEM        12
#define RU_EBUSY         16
#define RU_ENODEV        19
#define RU_EINVAL        22
#define RU_EMFILE        24
#define RU_ENOSPC        28
#define RU_ESPIPE        29
#define RU_EROFS         30
#define RU_ETIMEDOUT     60
#define RU_EPROGMISMATCH 75
#define RU_ENOSYS        78
#define RU_ENOTSUP       86

/* The up-calls; harmless stand-ins until rumpuser_init(). */
extern struct rumpuser_hyperup rumpuser_hyp;

/*
 * Sleep until w fires or the deadline (then false). An interruption by a signal does not end a
 * hypercall: it is handed on to the thread's next sleep.
 */
bool rumpuser_sleep(struct waiter *w, uint64_t deadline);

#endif
