/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * poll.c - poll and pollts, and how objects announce that they became ready.
 *
 * A poller records itself with each object it looks at; an object that changes marks and wakes it.
 * Nothing is looked at twice without a reason.
 */
#include "components/kern.h"

/* One object a poller waits for. */
struct selrec {
    struct list link; /* in selinfo->pollers */
    struct poller *poller;
};

struct poller {
    struct rumpuser_cv *cv;
    bool woken;
    unsigned used;
    struct selrec *recs; /* one per descriptor */
};

static struct rumpuser_mtx *poll_lock;

void poll_init(void)
{
    rumpuser_mutex_init(&poll_lock, 0);
}

void selinit(struct selinfo *sel)
{
    list_init(&sel->pollers);
    sel->notify = NULL;
}

void selrecord(struct selinfo *sel, struct poller *p)
{
    struct selrec *rec;

    if (p == NULL)
        return;
    rec = &p->recs[p->used++];
    rec->poller = p;
    list_add_tail(&sel->pollers, &rec->link);
}

void selnotify(struct selinfo *sel)
{
    if (sel->notify != NULL)
        sel->notify(sel->notify_arg);
    if (list_empty(&sel->pollers))
        return;
    rumpuser_mutex_enter(poll_lock);
    list_for_each(it, &sel->pollers)
    {
        struct poller *p = container_of(it, struct selrec, link)->poller;

        p->woken = true;
        rumpuser_cv_broadcast(p->cv);
    }
    rumpuser_mutex_exit(poll_lock);
}

void seldestroy(struct selinfo *sel)
{
    selnotify(sel);
    list_for_each_safe(it, &sel->pollers) list_remove(it);
    sel->notify = NULL;
}

unsigned poll_always_ready(struct kfile *f, unsigned events, struct poller *p)
{
    (void)f;
    (void)p;
    return events & (NB_POLLIN | NB_POLLRDNORM | NB_POLLOUT);
}

/* Fill in revents; record with p when not NULL. How many descriptors have something. */
static int scan(struct nb_pollfd *fds, unsigned n, struct poller *p)
{
    int ready = 0;

    for (unsigned i = 0; i < n; i++) {
        struct kfile *f;

        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        if (kfd_get(fds[i].fd, &f) != 0) {
            fds[i].revents = NB_POLLNVAL;
        } else {
            unsigned events = (uint16_t)fds[i].events | NB_POLLERR | NB_POLLHUP;

            fds[i].revents = (int16_t)f->ops->poll(f, events, ready == 0 ? p : NULL);
            kfile_put(f);
        }
        if (fds[i].revents != 0)
            ready++;
    }
    return ready;
}

static void forget(struct poller *p)
{
    for (unsigned i = 0; i < p->used; i++)
        list_remove(&p->recs[i].link);
    p->used = 0;
}

/* ts: how long at most; NULL: without limit. *readyp is what the call returns. */
static int poll_wait_for(struct nb_pollfd *fds, unsigned n, const struct nb_timespec *ts,
                         int *readyp)
{
    int64_t now_sec, end_sec = 0;
    long now_nsec, end_nsec = 0;
    struct poller p = {.woken = false};
    int error = 0;

    *readyp = scan(fds, n, NULL);
    if (*readyp > 0 || (ts != NULL && ts->tv_sec == 0 && ts->tv_nsec == 0))
        return 0;
    p.recs = kern_alloc((n == 0 ? 1 : n) * sizeof(*p.recs));
    if (p.recs == NULL)
        return NB_ENOMEM;
    rumpuser_cv_init(&p.cv);
    if (ts != NULL) {
        (void)rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &end_sec, &end_nsec);
        end_sec += ts->tv_sec;
        end_nsec += (long)ts->tv_nsec;
    }
    for (;;) {
        p.woken = false;
        *readyp = scan(fds, n, &p);
        if (*readyp > 0 || error != 0)
            break;
        rumpuser_mutex_enter(poll_lock);
        while (!p.woken && error == 0) {
            int64_t left;

            if (ts == NULL) {
                rumpuser_cv_wait(p.cv, poll_lock);
                continue;
            }
            (void)rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &now_sec, &now_nsec);
            left = (end_sec - now_sec) * 1000000000 + (end_nsec - now_nsec);
            if (left <= 0)
                error = NB_ETIMEDOUT;
            else
                error =
                    rumpuser_cv_timedwait(p.cv, poll_lock, left / 1000000000, left % 1000000000);
        }
        rumpuser_mutex_exit(poll_lock);
        forget(&p);
    }
    forget(&p);
    rumpuser_cv_destroy(p.cv);
    kern_free(p.recs, (n == 0 ? 1 : n) * sizeof(*p.recs));
    return 0; /* timed out: *readyp is 0 */
}

static int do_poll(struct nb_pollfd *fds, unsigned n, const struct nb_timespec *ts)
{
    const int64_t century = INT64_C(100) * 366 * 86400;
    struct nb_timespec limit;
    int ready = 0, error;

    if (ts != NULL) {
        limit = *ts;
        if (limit.tv_sec > century)
            limit.tv_sec = century; /* keeps the sums in nanoseconds inside 64 bits */
        ts = &limit;
    }
    kern_enter();
    if (n > 8192 || (ts != NULL && (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec > 999999999)))
        error = NB_EINVAL;
    else
        error = poll_wait_for(fds, n, ts, &ready);
    return (int)kern_return(error, ready);
}

int rump___sysimpl_poll(struct nb_pollfd *fds, unsigned n, int timeout_ms)
{
    struct nb_timespec ts = {timeout_ms / 1000, (int64_t)(timeout_ms % 1000) * 1000000};

    return do_poll(fds, n, timeout_ms < 0 ? NULL : &ts);
}

int rump___sysimpl_pollts50(struct nb_pollfd *fds, unsigned n, const struct nb_timespec *timeout,
                            const void *sigmask)
{
    (void)sigmask; /* signals are the client's business */
    return do_poll(fds, n, timeout);
}

int rump_stubdom_pollnotify(int fd, void (*notify)(void *arg), void *arg)
{
    struct kfile *f;
    int error;

    kern_enter();
    error = kfd_get(fd, &f);
    if (error == 0) {
        struct selinfo *sel = f->ops->selinfo == NULL ? NULL : f->ops->selinfo(f);

        if (sel == NULL) {
            error = NB_EOPNOTSUPP;
        } else if (notify != NULL && sel->notify != NULL) {
            error = NB_EBUSY;
        } else {
            sel->notify_arg = arg;
            sel->notify = notify;
        }
        kfile_put(f);
    }
    kern_leave();
    return error;
}
