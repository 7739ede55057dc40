/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* /dev/stubdom/qmp: the file that QEMU's monitor reads commands from and writes answers to. */
#include "monitor/monitor.h"

#include "core/byte_queue.h"
#include "core/errno.h"
#include "linux/abi.h"
#include "linux/file.h"

/* The "misc" major, and a minor that none of the Xen devices has (dev-xen/xen_devices.h). */
#define QMP_MAJOR 10u
#define QMP_MINOR 65u

static const struct qmp_monitor_ops *monitor_ops;
static struct byte_queue to_qemu;
static struct waitq monitor_wait;
static bool monitor_open;

static long monitor_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    long done = 0;

    (void)pos;
    if (kiovec_size(iov, n) == 0)
        return 0;
    while (to_qemu.size == 0) {
        int rc;

        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        rc = waitq_wait(&monitor_wait, NO_DEADLINE);
        if (rc < 0)
            return rc;
    }
    for (int i = 0; i < n; i++)
        done += (long)byte_queue_get(&to_qemu, iov[i].base, iov[i].len);
    return done;
}

static long monitor_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)pos;
    while (!monitor_ops->ready()) {
        int rc;

        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        rc = waitq_wait(&monitor_wait, NO_DEADLINE);
        if (rc < 0)
            return rc;
    }
    for (int i = 0; i < n; i++)
        monitor_ops->written(iov[i].base, iov[i].len);
    return (long)kiovec_size(iov, n);
}

static unsigned monitor_poll(struct file *f, struct poll_table *pt)
{
    (void)f;
    poll_wait(pt, &monitor_wait);
    return (to_qemu.size > 0 ? POLLIN | POLLRDNORM : 0) |
           (monitor_ops->ready() ? POLLOUT | POLLWRNORM : 0);
}

static long monitor_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    return char_device_stat(st, QMP_MAJOR, QMP_MINOR);
}

static void monitor_release(struct file *f)
{
    (void)f;
    monitor_open = false;
    byte_queue_clear(&to_qemu);
    monitor_ops->closed();
}

static const struct file_ops monitor_file_ops = {
    .name = QMP_MONITOR_PATH,
    .readv = monitor_readv,
    .writev = monitor_writev,
    .poll = monitor_poll,
    .stat = monitor_stat,
    .release = monitor_release,
};

static int monitor_device_open(struct device *d, const char *rest, unsigned flags,
                               struct file **file)
{
    (void)d;
    (void)rest;
    if (monitor_open)
        return -EBUSY;
    *file = file_create(&monitor_file_ops, NULL, flags);
    if (*file == NULL)
        return -ENOMEM;
    monitor_open = true;
    monitor_ops->opened();
    return 0;
}

static int monitor_device_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    (void)d;
    (void)rest;
    return char_device_stat(st, QMP_MAJOR, QMP_MINOR);
}

static struct device monitor_device = {
    .path = QMP_MONITOR_PATH,
    .open = monitor_device_open,
    .stat = monitor_device_stat,
};

void qmp_monitor_register(const struct qmp_monitor_ops *ops)
{
    monitor_ops = ops;
    byte_queue_init(&to_qemu);
    waitq_init(&monitor_wait);
    device_register(&monitor_device);
}

int qmp_monitor_send(const char *bytes, size_t n)
{
    int rc;

    if (!monitor_open)
        return -EPIPE;
    rc = byte_queue_put(&to_qemu, bytes, n);
    if (rc == 0)
        qmp_monitor_wake();
    return rc;
}

void qmp_monitor_wake(void)
{
    waitq_wake_all(&monitor_wait);
}
