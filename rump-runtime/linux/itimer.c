/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Timers that send signals: setitimer(2), alarm(2), timer_create(2). Clocks that count CPU time
 * have no timers here: nothing interrupts a computing thread, so they could not keep their promise
 * (EINVAL, EOPNOTSUPP).
 */
#include "core/memory.h"
#include "core/string.h"
#include "linux/process.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

#define TIMER_LIMIT 256

struct posix_timer {
    struct timer timer;
    int clock;
    int notify;
    int tid;                /* SIGEV_THREAD_ID; 0: the process */
    uint64_t deadline;      /* 0: not armed */
    uint64_t interval;      /* 0: once */
    struct sigqueue signal; /* linked while pending; its info counts the overruns */
};

static struct posix_timer *timers[TIMER_LIMIT];
static struct posix_timer real_timer; /* ITIMER_REAL */

/* ---- common ---------------------------------------------------------------------------------- */

static void send(struct posix_timer *t, uint64_t overruns)
{
    struct linux_thread *target = NULL;
    int32_t *count = &t->signal.info.timer.si_overrun;

    if (t->notify == SIGEV_NONE)
        return;
    if (t->tid) {
        target = linux_thread_find(t->tid);
        if (target == NULL)
            return;
    }
    if (!list_empty(&t->signal.link)) {
        overruns += (uint64_t)*count + 1; /* the last one was not taken yet */
        *count = overruns > INT32_MAX ? INT32_MAX : (int32_t)overruns;
        return;
    }
    *count = overruns > INT32_MAX ? INT32_MAX : (int32_t)overruns;
    signal_send(target, &t->signal.info, &t->signal);
}

static void expire(struct timer *timer)
{
    struct posix_timer *t = container_of(timer, struct posix_timer, timer);
    uint64_t overruns = 0;

    if (t->interval) {
        overruns = (plat_monotonic() - t->deadline) / t->interval;
        t->deadline += (overruns + 1) * t->interval;
        timer_set(&t->timer, t->deadline);
    } else {
        t->deadline = 0;
    }
    send(t, overruns);
}

static void timer_setup(struct posix_timer *t, int sig, int code)
{
    timer_init(&t->timer, expire);
    list_init(&t->signal.link);
    t->signal.owned = true;
    memset(&t->signal.info, 0, sizeof(t->signal.info));
    t->signal.info.si_signo = sig;
    t->signal.info.si_code = code;
}

static void arm(struct posix_timer *t, uint64_t deadline, uint64_t interval)
{
    timer_cancel(&t->timer);
    t->deadline = deadline;
    t->interval = interval;
    if (deadline)
        timer_set(&t->timer, deadline);
}

static uint64_t left(const struct posix_timer *t)
{
    uint64_t ns;

    if (!t->deadline)
        return 0;
    ns = time_left(t->deadline);
    return ns ? ns : 1; /* 0 would read as "not armed" */
}

/* ---- interval timers ------------------------------------------------------------------------- */

static struct posix_timer *the_real_timer(void)
{
    if (real_timer.timer.fn == NULL)
        timer_setup(&real_timer, SIGALRM, SI_KERNEL);
    return &real_timer;
}

long sys_getitimer(int which, uintptr_t ucur)
{
    struct posix_timer *t = the_real_timer();
    struct linux_itimerval itv;

    if (which != ITIMER_REAL)
        return -EINVAL;
    itv.it_interval = timeval_of_ns(t->interval);
    itv.it_value = timeval_of_ns(left(t) + 999); /* rounded up: an armed timer never reads as 0 */
    if (!t->deadline)
        itv.it_value = timeval_of_ns(0);
    return copy_to_user(ucur, &itv, sizeof(itv));
}

long sys_setitimer(int which, uintptr_t unew, uintptr_t uold)
{
    struct linux_itimerval itv;
    uint64_t value = 0, interval = 0;
    int rc = 0;

    if (unew) {
        rc = copy_from_user(&itv, unew, sizeof(itv));
        if (rc == 0)
            rc = timeval_to_ns(&itv.it_value, &value);
        if (rc == 0)
            rc = timeval_to_ns(&itv.it_interval, &interval);
        if (rc < 0)
            return rc;
    }
    if (which != ITIMER_REAL)
        return -EINVAL;
    if (uold)
        rc = (int)sys_getitimer(which, uold);
    arm(the_real_timer(), value ? deadline_after(value) : 0, interval);
    return rc;
}

long sys_alarm(unsigned seconds)
{
    struct posix_timer *t = the_real_timer();
    uint64_t old = left(t);

    arm(t, seconds ? deadline_after(seconds * NS_PER_SEC) : 0, 0);
    /* To the nearest second, but never 0 for an armed one. */
    return old ? (long)(old < NS_PER_SEC ? 1 : (old + NS_PER_SEC / 2) / NS_PER_SEC) : 0;
}

/* ---- POSIX timers ---------------------------------------------------------------------------- */

static struct posix_timer *find(int id)
{
    return id >= 0 && id < TIMER_LIMIT ? timers[id] : NULL;
}

static int check_event(const struct linux_sigevent *ev)
{
    switch (ev->sigev_notify) {
    case SIGEV_NONE:
        return 0;
    case SIGEV_SIGNAL:
        break;
    case SIGEV_THREAD_ID:
        if (linux_thread_find(ev->sigev_tid) == NULL)
            return -EINVAL;
        break;
    default:
        return -EINVAL;
    }
    return ev->sigev_signo < 1 || ev->sigev_signo > LINUX_NSIG ? -EINVAL : 0;
}

long sys_timer_create(int clock, uintptr_t uev, uintptr_t uid)
{
    struct linux_sigevent ev = {.sigev_signo = SIGALRM, .sigev_notify = SIGEV_SIGNAL};
    struct posix_timer *t;
    uint64_t unused;
    int id = 0, rc;

    rc = time_deadline_at(clock, 0, &unused);
    if (rc < 0)
        return clock_read(clock, &unused) < 0 ? -EINVAL : -EOPNOTSUPP;
    while (id < TIMER_LIMIT && timers[id] != NULL)
        id++;
    if (id == TIMER_LIMIT)
        return -EAGAIN;
    if (uev) {
        rc = copy_from_user(&ev, uev, sizeof(ev));
        if (rc == 0)
            rc = check_event(&ev);
        if (rc < 0)
            return rc;
    } else {
        ev.sigev_value = (uint64_t)id;
    }
    rc = put_user_u32(uid, (uint32_t)id);
    if (rc < 0)
        return rc;
    t = kzalloc(sizeof(*t), MEM_LINUX);
    if (t == NULL)
        return -EAGAIN;
    timer_setup(t, ev.sigev_signo, SI_TIMER);
    t->clock = clock;
    t->notify = ev.sigev_notify;
    t->tid = ev.sigev_notify == SIGEV_THREAD_ID ? ev.sigev_tid : 0;
    t->signal.info.timer.si_tid = id;
    t->signal.info.timer.si_value = ev.sigev_value;
    timers[id] = t;
    return 0;
}

static int show(const struct posix_timer *t, uintptr_t ucur)
{
    struct linux_itimerspec its = {timespec_of_ns(t->interval), timespec_of_ns(left(t))};

    return copy_to_user(ucur, &its, sizeof(its));
}

long sys_timer_settime(int id, int flags, uintptr_t unew, uintptr_t uold)
{
    struct linux_itimerspec its;
    uint64_t value, interval, deadline = 0;
    struct posix_timer *t;
    int rc;

    if (!unew)
        return -EINVAL;
    rc = copy_from_user(&its, unew, sizeof(its));
    if (rc < 0)
        return rc;
    if (timespec_to_ns(&its.it_value, &value) < 0 ||
        timespec_to_ns(&its.it_interval, &interval) < 0)
        return -EINVAL;
    t = find(id);
    if (t == NULL)
        return -EINVAL;
    if (uold)
        rc = show(t, uold);
    if (value && (flags & TIMER_ABSTIME))
        time_deadline_at(t->clock, value, &deadline);
    else if (value)
        deadline = deadline_after(value);
    arm(t, deadline, value ? interval : 0);
    return rc;
}

long sys_timer_gettime(int id, uintptr_t ucur)
{
    const struct posix_timer *t = find(id);

    return t != NULL ? show(t, ucur) : -EINVAL;
}

long sys_timer_getoverrun(int id)
{
    const struct posix_timer *t = find(id);

    return t != NULL ? t->signal.info.timer.si_overrun : -EINVAL;
}

long sys_timer_delete(int id)
{
    struct posix_timer *t = find(id);

    if (t == NULL)
        return -EINVAL;
    timer_cancel(&t->timer);
    signal_withdraw(&t->signal);
    timers[id] = NULL;
    kfree(t);
    return 0;
}
