/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* thread.c - the rump kernel's threads, the current lwp, and the CPU context. */
#include "core/thread.h"
#include "core/errno.h"
#include "core/memory.h"

#include "rumpuser/internal.h"

/*
 * A rump thread; the cookie of rumpuser_thread_join(). Freed by the joiner, or by itself when
 * detached.
 */
struct rump_thread {
    void *(*fn)(void *);
    void *arg;
    bool mustjoin, done;
    struct waitq end;
};

static void thread_finish(struct rump_thread *rt)
{
    thread_current()->owner[THREAD_OWNER_RUMP] = NULL;
    if (!rt->mustjoin) {
        kfree(rt);
        return;
    }
    rt->done = true;
    waitq_wake_all(&rt->end);
}

static void thread_start(void *arg)
{
    struct rump_thread *rt = arg;

    thread_current()->owner[THREAD_OWNER_RUMP] = rt;
    (void)rt->fn(rt->arg);
    thread_finish(rt);
}

int rumpuser_thread_create(void *(*f)(void *), void *arg, const char *name, int mustjoin, int pri,
                           int cpuidx, void **cookie)
{
    struct rump_thread *rt;

    (void)pri;
    (void)cpuidx;
    rt = kzalloc(sizeof(*rt), MEM_RUMP);
    if (rt == NULL)
        return RU_ENOMEM;
    rt->fn = f;
    rt->arg = arg;
    rt->mustjoin = mustjoin != 0;
    waitq_init(&rt->end);
    if (thread_create(name == NULL ? "rump" : name, thread_start, rt) == NULL) {
        kfree(rt);
        return RU_ENOMEM;
    }
    if (rt->mustjoin && cookie != NULL)
        *cookie = rt;
    return 0;
}

void rumpuser_thread_exit(void)
{
    struct rump_thread *rt = thread_current()->owner[THREAD_OWNER_RUMP];

    if (rt != NULL)
        thread_finish(rt);
    thread_exit();
}

int rumpuser_thread_join(void *cookie)
{
    struct rump_thread *rt = cookie;
    int nlocks;

    if (rt == NULL || !rt->mustjoin)
        return RU_EINVAL;
    nlocks = rumpuser_unschedule(NULL);
    while (!rt->done) {
        struct waiter w;

        thread_sleep_prepare();
        waitq_add(&rt->end, &w);
        (void)rumpuser_sleep(&w, NO_DEADLINE);
        waiter_remove(&w);
    }
    rumpuser_schedule(nlocks, NULL);
    kfree(rt);
    return 0;
}

void rumpuser_curlwpop(int op, struct lwp *l)
{
    struct thread *t = thread_current();

    switch (op) {
    case RUMPUSER_LWP_SET:
        t->owner[THREAD_OWNER_RUMPUSER] = l;
        break;
    case RUMPUSER_LWP_CLEAR:
        t->owner[THREAD_OWNER_RUMPUSER] = NULL;
        break;
    default: /* CREATE, DESTROY: no books are kept about lwps that are not current */
        break;
    }
}

struct lwp *rumpuser_curlwp(void)
{
    return thread_current()->owner[THREAD_OWNER_RUMPUSER];
}

bool rumpuser_sleep(struct waiter *w, uint64_t deadline)
{
    bool interrupted = false;

    while (!w->fired) {
        int error = thread_sleep(deadline);

        if (w->fired)
            break;
        if (error == -EINTR)
            interrupted = true;
        else if (error == -ETIMEDOUT)
            break;
    }
    if (interrupted)
        thread_interrupt(thread_current());
    return w->fired;
}

int rumpuser_unschedule(void *interlock)
{
    int nlocks = 0;

    rumpuser_hyp.hyp_backend_unschedule(0, &nlocks, interlock);
    return nlocks;
}

void rumpuser_schedule(int nlocks, void *interlock)
{
    rumpuser_hyp.hyp_backend_schedule(nlocks, interlock);
}

void rumpuser_enter_kernel(void)
{
    if (rumpuser_curlwp() == NULL) {
        rumpuser_hyp.hyp_schedule();
        (void)rumpuser_hyp.hyp_lwproc_newlwp(0); /* on failure each entry makes a temporary lwp */
        rumpuser_hyp.hyp_unschedule();
    }
    rumpuser_hyp.hyp_schedule();
}

void rumpuser_leave_kernel(void)
{
    rumpuser_hyp.hyp_unschedule();
}
