/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* timerfd_create(2): timers that are read. */
#include "core/memory.h"
#include "linux/abi.h"
#include "linux/fdtable.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

struct timerfd {
    struct timer timer;
    int clock;
    uint64_t deadline; /* of the next expiry; 0: not armed */
    uint64_t interval; /* 0: once */
    uint64_t expired;  /* since the last read */
    struct waitq changed;
};

static void expire(struct timer *timer)
{
    struct timerfd *t = container_of(timer, struct timerfd, timer);
    uint64_t times = 1;

    if (t->interval) {
        times += (plat_monotonic() - t->deadline) / t->interval;
        t->deadline += times * t->interval;
        timer_set(&t->timer, t->deadline);
    } else {
        t->deadline = 0;
    }
    t->expired += times;
    waitq_wake_all(&t->changed);
}

static long timerfd_read(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct timerfd *t = f->priv;
    struct iov_cursor to = iov_begin(iov, n);
    uint64_t value;

    (void)pos;
    if (kiovec_size(iov, n) < sizeof(value))
        return -EINVAL;
    while (t->expired == 0) {
        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        if (signal_waitq_wait(&t->changed, NO_DEADLINE) == -EINTR)
            return -EINTR;
    }
    value = t->expired;
    t->expired = 0;
    iov_write(&to, &value, sizeof(value));
    return sizeof(value);
}

static unsigned timerfd_poll(struct file *f, struct poll_table *pt)
{
    struct timerfd *t = f->priv;

    poll_wait(pt, &t->changed);
    return t->expired ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_release(struct file *f)
{
    struct timerfd *t = f->priv;

    timer_cancel(&t->timer);
    kfree(t);
}

static const struct file_ops timerfd_ops = {
    .name = "timerfd",
    .readv = timerfd_read,
    .poll = timerfd_poll,
    .release = timerfd_release,
};

long sys_timerfd_create(int clock, unsigned flags)
{
    struct timerfd *t;
    int fd;

    if (flags & ~(O_NONBLOCK | O_CLOEXEC))
        return -EINVAL;
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME &&
        clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM)
        return -EINVAL;
    t = kzalloc(sizeof(*t), MEM_LINUX);
    if (t == NULL)
        return -ENOMEM;
    t->clock = clock;
    timer_init(&t->timer, expire);
    waitq_init(&t->changed);
    fd = fd_create(&timerfd_ops, t, O_RDWR | (flags & O_NONBLOCK), flags & O_CLOEXEC);
    if (fd < 0)
        kfree(t);
    return fd;
}

/* The descriptor's timer; its file is referenced. -EBADF, or -EINVAL when it is something else. */
static int timerfd_get(int fd, struct file **file)
{
    struct file *f = fd_get(fd);

    if (f == NULL)
        return -EBADF;
    if (f->ops != &timerfd_ops) {
        file_unref(f);
        return -EINVAL;
    }
    *file = f;
    return 0;
}

static int show(const struct timerfd *t, uintptr_t ucur)
{
    struct linux_itimerspec its = {timespec_of_ns(t->interval), {0, 0}};

    if (t->deadline) {
        uint64_t left = time_left(t->deadline);

        its.it_value = timespec_of_ns(left ? left : 1); /* 0 would read as "not armed" */
    }
    return copy_to_user(ucur, &its, sizeof(its));
}

long sys_timerfd_gettime(int fd, uintptr_t ucur)
{
    struct file *f;
    int rc = timerfd_get(fd, &f);

    if (rc < 0)
        return rc;
    rc = show(f->priv, ucur);
    file_unref(f);
    return rc;
}

long sys_timerfd_settime(int fd, unsigned flags, uintptr_t unew, uintptr_t uold)
{
    struct linux_itimerspec its;
    uint64_t value, interval;
    struct timerfd *t;
    struct file *f;
    int rc = copy_from_user(&its, unew, sizeof(its));

    if (rc < 0)
        return rc;
    if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
        timespec_to_ns(&its.it_value, &value) < 0 ||
        timespec_to_ns(&its.it_interval, &interval) < 0)
        return -EINVAL;
    rc = timerfd_get(fd, &f);
    if (rc < 0)
        return rc;
    t = f->priv;
    if (uold)
        rc = show(t, uold);
    timer_cancel(&t->timer);
    t->expired = 0;
    t->interval = interval;
    t->deadline = 0;
    if (value) {
        if (flags & TFD_TIMER_ABSTIME)
            time_deadline_at(t->clock, value, &t->deadline);
        else
            t->deadline = deadline_after(value);
        timer_set(&t->timer, t->deadline);
    }
    file_unref(f);
    return rc;
}
