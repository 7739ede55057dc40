/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * sync.c - mutexes, reader/writer locks and condition variables over co-operative threads.
 *
 * With one vCPU and no preemption a lock is a flag and a wait queue. What makes the room worth
 * reading is the scheduling contract: who blocks gives up the rump CPU context first (rumpuser(3)).
 */
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "rumpuser/internal.h"

struct rumpuser_mtx {
    struct thread *holder;
    struct lwp *owner; /* KMUTEX only */
    int flags;
    struct waitq waiters;
};

struct rumpuser_rw {
    unsigned readers;
    struct thread *writer;
    unsigned writers_waiting; /* they go first: new readers hold back */
    struct waitq waiters;
};

struct rumpuser_cv {
    struct waitq waiters;
};

/* The interface has no way to refuse these objects: they are waited for. */
static void *sync_alloc(size_t size)
{
    void *p = kmalloc_wait(size, MEM_RUMP);

    memset(p, 0, size);
    return p;
}

/* Wait for one wake on q without giving up the CPU context. */
static void wait_nowrap(struct waitq *q)
{
    struct waiter w;

    thread_sleep_prepare();
    waitq_add(q, &w);
    (void)rumpuser_sleep(&w, NO_DEADLINE);
    waiter_remove(&w);
}

/* ---- mutex ----------------------------------------------------------------------------------- */

void rumpuser_mutex_init(struct rumpuser_mtx **mtxp, int flags)
{
    struct rumpuser_mtx *mtx = sync_alloc(sizeof(*mtx));

    mtx->flags = flags;
    waitq_init(&mtx->waiters);
    *mtxp = mtx;
}

static void mutex_take(struct rumpuser_mtx *mtx)
{
    mtx->holder = thread_current();
    if ((mtx->flags & RUMPUSER_MTX_KMUTEX) != 0)
        mtx->owner = rumpuser_curlwp();
}

void rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mtx)
{
    kassert(mtx->holder != thread_current());
    while (mtx->holder != NULL)
        wait_nowrap(&mtx->waiters);
    mutex_take(mtx);
}

void rumpuser_mutex_enter(struct rumpuser_mtx *mtx)
{
    int nlocks;

    if (mtx->holder == NULL) {
        mutex_take(mtx);
        return;
    }
    if ((mtx->flags & RUMPUSER_MTX_SPIN) != 0) {
        rumpuser_mutex_enter_nowrap(mtx);
        return;
    }
    nlocks = rumpuser_unschedule(NULL);
    rumpuser_mutex_enter_nowrap(mtx);
    rumpuser_schedule(nlocks, NULL);
}

int rumpuser_mutex_tryenter(struct rumpuser_mtx *mtx)
{
    if (mtx->holder != NULL)
        return RU_EBUSY;
    mutex_take(mtx);
    return 0;
}

void rumpuser_mutex_exit(struct rumpuser_mtx *mtx)
{
    kassert(mtx->holder == thread_current());
    mtx->holder = NULL;
    mtx->owner = NULL;
    if (!list_empty(&mtx->waiters.waiters))
        waitq_wake_one(&mtx->waiters);
}

void rumpuser_mutex_destroy(struct rumpuser_mtx *mtx)
{
    kassert(mtx->holder == NULL && list_empty(&mtx->waiters.waiters));
    kfree(mtx);
}

void rumpuser_mutex_owner(struct rumpuser_mtx *mtx, struct lwp **lp)
{
    kassert((mtx->flags & RUMPUSER_MTX_KMUTEX) != 0);
    *lp = mtx->owner;
}

int rumpuser_mutex_spin_p(struct rumpuser_mtx *mtx)
{
    return (mtx->flags & RUMPUSER_MTX_SPIN) != 0;
}

/* ---- reader/writer lock ---------------------------------------------------------------------- */

void rumpuser_rw_init(struct rumpuser_rw **rwp)
{
    struct rumpuser_rw *rw = sync_alloc(sizeof(*rw));

    waitq_init(&rw->waiters);
    *rwp = rw;
}

int rumpuser_rw_tryenter(int lk, struct rumpuser_rw *rw)
{
    if (rw->writer != NULL)
        return RU_EBUSY;
    if (lk == RUMPUSER_RW_WRITER) {
        if (rw->readers > 0)
            return RU_EBUSY;
        rw->writer = thread_current();
        return 0;
    }
    if (rw->writers_waiting > 0)
        return RU_EBUSY;
    rw->readers++;
    return 0;
}

void rumpuser_rw_enter(int lk, struct rumpuser_rw *rw)
{
    int nlocks;

    if (rumpuser_rw_tryenter(lk, rw) == 0)
        return;
    nlocks = rumpuser_unschedule(NULL);
    for (;;) {
        if (lk == RUMPUSER_RW_WRITER)
            rw->writers_waiting++;
        wait_nowrap(&rw->waiters);
        if (lk == RUMPUSER_RW_WRITER)
            rw->writers_waiting--;
        if (rumpuser_rw_tryenter(lk, rw) == 0)
            break;
    }
    rumpuser_schedule(nlocks, NULL);
}

int rumpuser_rw_tryupgrade(struct rumpuser_rw *rw)
{
    if (rw->readers != 1 || rw->writer != NULL)
        return RU_EBUSY;
    rw->readers = 0;
    rw->writer = thread_current();
    return 0;
}

void rumpuser_rw_downgrade(struct rumpuser_rw *rw)
{
    kassert(rw->writer == thread_current());
    rw->writer = NULL;
    rw->readers = 1;
    waitq_wake_all(&rw->waiters);
}

void rumpuser_rw_exit(struct rumpuser_rw *rw)
{
    if (rw->writer != NULL) {
        kassert(rw->writer == thread_current());
        rw->writer = NULL;
    } else {
        kassert(rw->readers > 0);
        rw->readers--;
    }
    if (rw->readers == 0)
        waitq_wake_all(&rw->waiters);
}

void rumpuser_rw_destroy(struct rumpuser_rw *rw)
{
    kassert(rw->readers == 0 && rw->writer == NULL && list_empty(&rw->waiters.waiters));
    kfree(rw);
}

void rumpuser_rw_held(int lk, struct rumpuser_rw *rw, int *heldp)
{
    if (lk == RUMPUSER_RW_WRITER)
        *heldp = rw->writer == thread_current();
    else
        *heldp = rw->readers > 0;
}

/* ---- condition variable ---------------------------------------------------------------------- */

void rumpuser_cv_init(struct rumpuser_cv **cvp)
{
    struct rumpuser_cv *cv = sync_alloc(sizeof(*cv));

    waitq_init(&cv->waiters);
    *cvp = cv;
}

void rumpuser_cv_destroy(struct rumpuser_cv *cv)
{
    kassert(list_empty(&cv->waiters.waiters));
    kfree(cv);
}

/*
 * The order on the way back matters with NetBSD's kernel: a SPIN|KMUTEX mutex may be wanted by
 * whoever holds the CPU context, so it comes after the context; any other is taken before.
 */
static bool cv_wait_common(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx, uint64_t deadline,
                           bool wrap)
{
    const int spin_kmutex = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX;
    bool context_first = (mtx->flags & spin_kmutex) == spin_kmutex;
    struct waiter w;
    int nlocks = 0;
    bool signalled;

    thread_sleep_prepare();
    waitq_add(&cv->waiters, &w);
    if (wrap)
        nlocks = rumpuser_unschedule(mtx);
    rumpuser_mutex_exit(mtx);
    signalled = rumpuser_sleep(&w, deadline);
    waiter_remove(&w);
    if (wrap && context_first)
        rumpuser_schedule(nlocks, mtx);
    rumpuser_mutex_enter_nowrap(mtx);
    if (wrap && !context_first)
        rumpuser_schedule(nlocks, mtx);
    return signalled;
}

void rumpuser_cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx)
{
    (void)cv_wait_common(cv, mtx, NO_DEADLINE, true);
}

void rumpuser_cv_wait_nowrap(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx)
{
    (void)cv_wait_common(cv, mtx, NO_DEADLINE, false);
}

int rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx, int64_t sec,
                          int64_t nsec)
{
    const int64_t ns_per_sec = 1000000000;
    uint64_t deadline = NO_DEADLINE;

    if (sec < 0 || nsec < 0)
        deadline = plat_monotonic();
    else if (sec < INT64_MAX / ns_per_sec / 2 && nsec < INT64_MAX / 4)
        deadline = plat_monotonic() + (uint64_t)(sec * ns_per_sec) + (uint64_t)nsec;
    return cv_wait_common(cv, mtx, deadline, true) ? 0 : RU_ETIMEDOUT;
}

void rumpuser_cv_signal(struct rumpuser_cv *cv)
{
    waitq_wake_one(&cv->waiters);
}

void rumpuser_cv_broadcast(struct rumpuser_cv *cv)
{
    waitq_wake_all(&cv->waiters);
}

void rumpuser_cv_has_waiters(struct rumpuser_cv *cv, int *waitersp)
{
    *waitersp = !list_empty(&cv->waiters.waiters);
}
