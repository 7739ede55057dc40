/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* clock.c - time and sleep for the rump kernel. */
#include "rumpuser/internal.h"

#define NS_PER_SEC UINT64_C(1000000000)

int rumpuser_clock_gettime(int which, int64_t *sec, long *nsec)
{
    uint64_t now;

    switch (which) {
    case RUMPUSER_CLOCK_RELWALL:
        now = plat_wallclock();
        break;
    case RUMPUSER_CLOCK_ABSMONO:
        now = plat_monotonic();
        break;
    default:
        return RU_EINVAL;
    }
    *sec = (int64_t)(now / NS_PER_SEC);
    *nsec = (long)(now % NS_PER_SEC);
    return 0;
}

int rumpuser_clock_sleep(int which, int64_t sec, long nsec)
{
    uint64_t ns;
    struct waiter w;
    int nlocks;
    struct waitq nobody;
    uint64_t deadline;

    if (nsec < 0 || (uint64_t)nsec >= NS_PER_SEC)
        return RU_EINVAL;
    if (which != RUMPUSER_CLOCK_RELWALL && which != RUMPUSER_CLOCK_ABSMONO)
        return RU_EINVAL;
    if (sec < 0)
        ns = 0;
    else if ((uint64_t)sec >= INT64_MAX / NS_PER_SEC)
        ns = INT64_MAX; /* three centuries: for ever, but free of overflow below */
    else
        ns = (uint64_t)sec * NS_PER_SEC + (uint64_t)nsec;

    deadline = which == RUMPUSER_CLOCK_RELWALL ? plat_monotonic() + ns : ns;
    nlocks = rumpuser_unschedule(NULL);
    waitq_init(&nobody);
    thread_sleep_prepare();
    waitq_add(&nobody, &w);
    (void)rumpuser_sleep(&w, deadline);
    waiter_remove(&w);
    rumpuser_schedule(nlocks, NULL);
    return 0;
}
