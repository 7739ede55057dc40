/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * internal.h - what the files of this room share: the scheduling contract in two pairs of
 * functions.
 */
#ifndef RUMPUSER_INTERNAL_H
#define RUMPUSER_INTERNAL_H

#include "core/thread.h"
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
 * Give the CPU context up before blocking and take it back. interlock: the mutex of a cv_wait, or
 * NULL.
 */
static inline int rumpuser_unschedule(void *interlock)
{
    int nlocks = 0;

    rumpuser_hyp.hyp_backend_unschedule(0, &nlocks, interlock);
    return nlocks;
}

static inline void rumpuser_schedule(int nlocks, void *interlock)
{
    rumpuser_hyp.hyp_backend_schedule(nlocks, interlock);
}

/*
 * For threads of our own that call into the rump kernel: the first call gives the thread an lwp of
 * process 0. Pairs; do not nest.
 */
void rumpuser_enter_kernel(void);
void rumpuser_leave_kernel(void);

/*
 * Sleep until w fires or the deadline (then false). An interruption by a signal does not end a
 * hypercall: it is handed on to the thread's next sleep.
 */
bool rumpuser_sleep(struct waiter *w, uint64_t deadline);

#endif
