/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* eventfd(2): a counter that can be waited for. */
#include "linux/eventfd.h"

#include "core/memory.h"
#include "linux/abi.h"
#include "linux/fdtable.h"
#include "linux/signal.h"
#include "linux/syscall.h"

#define COUNTER_MAX (UINT64_MAX - 1)

struct eventfd {
    uint64_t count;
    bool semaphore;
    struct waitq changed;
};

static long eventfd_read(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct eventfd *e = f->priv;
    struct iov_cursor to = iov_begin(iov, n);
    uint64_t value;

    (void)pos;
    if (kiovec_size(iov, n) < sizeof(value))
        return -EINVAL;
    while (e->count == 0) {
        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        if (signal_waitq_wait(&e->changed, NO_DEADLINE) == -EINTR)
            return -EINTR;
    }
    value = e->semaphore ? 1 : e->count;
    e->count -= value;
    waitq_wake_all(&e->changed);
    iov_write(&to, &value, sizeof(value));
    return sizeof(value);
}

static long eventfd_write(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct eventfd *e = f->priv;
    struct iov_cursor from = iov_begin(iov, n);
    uint64_t value;

    (void)pos;
    if (kiovec_size(iov, n) < sizeof(value))
        return -EINVAL;
    iov_read(&from, &value, sizeof(value));
    if (value == UINT64_MAX)
        return -EINVAL;
    while (value > COUNTER_MAX - e->count) {
        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        if (signal_waitq_wait(&e->changed, NO_DEADLINE) == -EINTR)
            return -EINTR;
    }
    e->count += value;
    waitq_wake_all(&e->changed);
    return sizeof(value);
}

static unsigned eventfd_poll(struct file *f, struct poll_table *pt)
{
    struct eventfd *e = f->priv;

    poll_wait(pt, &e->changed);
    return (e->count ? POLLIN | POLLRDNORM : 0) |
           (e->count < COUNTER_MAX ? POLLOUT | POLLWRNORM : 0);
}

static void eventfd_release(struct file *f)
{
    kfree(f->priv);
}

static const struct file_ops eventfd_ops = {
    .name = "eventfd",
    .readv = eventfd_read,
    .writev = eventfd_write,
    .poll = eventfd_poll,
    .release = eventfd_release,
};

bool file_is_eventfd(const struct file *f)
{
    return f->ops == &eventfd_ops;
}

void eventfd_signal(struct file *f)
{
    struct eventfd *e = f->priv;

    if (e->count < COUNTER_MAX)
        e->count++;
    waitq_wake_all(&e->changed);
}

long sys_eventfd2(unsigned count, unsigned flags)
{
    struct eventfd *e;
    int fd;

    if (flags & ~(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC))
        return -EINVAL;
    e = kzalloc(sizeof(*e), MEM_LINUX);
    if (e == NULL)
        return -ENOMEM;
    e->count = count;
    e->semaphore = flags & EFD_SEMAPHORE;
    waitq_init(&e->changed);
    fd = fd_create(&eventfd_ops, e, O_RDWR | (flags & O_NONBLOCK), flags & O_CLOEXEC);
    if (fd < 0)
        kfree(e);
    return fd;
}

long sys_eventfd(unsigned count)
{
    return sys_eventfd2(count, 0);
}
