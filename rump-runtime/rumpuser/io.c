/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * io.c - block devices for the rump kernel, from the registry the block driver fills.
 *
 * Completions come in event handlers, where calling into the rump kernel is not allowed: they are
 * queued for a thread of our own, which takes the CPU context and makes the up-call.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "rumpuser/block.h"
#include "rumpuser/internal.h"

#define MAX_DEVICES 32
#define MAX_OPEN    32
#define SECTOR      512

struct block_device {
    char name[16];
    const struct rumpuser_block_ops *ops;
    void *dev;
    unsigned opens;
};

struct open_device {
    struct block_device *bd;
    bool writable;
};

/* Descriptors are indices into `open_devices`, devices are named by whoever registered them. */
static struct block_device devices[MAX_DEVICES];
static struct open_device open_devices[MAX_OPEN];

/* One transfer, from rumpuser_bio() to the up-call. */
struct bio {
    struct list link;
    struct block_device *bd;
    rump_biodone_fn done;
    void *arg;
    size_t len;
    int status;
    bool flush_after; /* WRITE|SYNC: the write is done, the flush is to come */
};

static struct list completed = LIST_INIT(completed);
static struct waitq completed_wait = WAITQ_INIT(completed_wait);
static bool completer_running;

/* What a block driver answers, in NetBSD's numbers. */
static int netbsd_error(int status)
{
    switch (status) {
    case 0:
        return 0;
    case -ENOMEM:
        return RU_ENOMEM;
    case -ENODEV:
        return RU_ENODEV;
    case -EINVAL:
        return RU_EINVAL;
    case -EROFS:
        return RU_EROFS;
    case -ENOSPC:
        return RU_ENOSPC;
    default:
        return RU_EIO;
    }
}

/* ---- registry -------------------------------------------------------------------------------- */

static struct block_device *device_named(const char *name)
{
    for (size_t i = 0; i < MAX_DEVICES; i++) {
        if (devices[i].ops != NULL && strcmp(devices[i].name, name) == 0)
            return &devices[i];
    }
    return NULL;
}

int rumpuser_block_register(const char *name, const struct rumpuser_block_ops *ops, void *dev)
{
    if (device_named(name) != NULL)
        return -EEXIST;
    if (strlen(name) >= sizeof(devices[0].name))
        return -ENAMETOOLONG;
    for (size_t i = 0; i < MAX_DEVICES; i++) {
        struct block_device *bd = &devices[i];

        if (bd->ops != NULL)
            continue;
        kstrlcpy(bd->name, name, sizeof(bd->name));
        bd->ops = ops;
        bd->dev = dev;
        bd->opens = 0;
        return 0;
    }
    return -ENOSPC;
}

int rumpuser_block_unregister(const char *name)
{
    struct block_device *bd = device_named(name);

    if (bd == NULL)
        return -ENOENT;
    if (bd->opens > 0)
        return -EBUSY;
    bd->ops = NULL;
    return 0;
}

static struct open_device *open_device(int fd)
{
    if (fd < 0 || fd >= MAX_OPEN || open_devices[fd].bd == NULL)
        return NULL;
    return &open_devices[fd];
}

/* The device is there from now on, until end_use(). The NetBSD error. */
static int begin_use(struct block_device *bd)
{
    int nlocks = rumpuser_unschedule(NULL);
    int status = bd->ops->open(bd->dev);

    rumpuser_schedule(nlocks, NULL);
    return netbsd_error(status);
}

static void end_use(struct block_device *bd)
{
    bd->ops->close(bd->dev);
}

int rumpuser_getfileinfo(const char *name, uint64_t *sizep, int *typep)
{
    struct block_device *bd = device_named(name);
    int error;

    if (bd == NULL)
        return RU_ENOENT;
    error = begin_use(bd);
    if (error != 0)
        return error;
    if (sizep != NULL)
        *sizep = bd->ops->size(bd->dev);
    end_use(bd);
    if (typep != NULL)
        *typep = RUMPUSER_FT_BLK;
    return 0;
}

/* ---- completion thread ----------------------------------------------------------------------- */

static void complete_all(void)
{
    rumpuser_enter_kernel();
    while (!list_empty(&completed)) {
        struct bio *bio = container_of(completed.next, struct bio, link);
        rump_biodone_fn done = bio->done;
        void *arg = bio->arg;
        size_t count = bio->status == 0 ? bio->len : 0;
        int error = netbsd_error(bio->status);

        list_remove(&bio->link);
        kfree(bio);
        done(arg, count, error);
    }
    rumpuser_leave_kernel();
}

static void completer(void *arg)
{
    (void)arg;
    for (;;) {
        struct waiter w;

        thread_sleep_prepare();
        waitq_add(&completed_wait, &w);
        if (list_empty(&completed))
            (void)rumpuser_sleep(&w, NO_DEADLINE);
        waiter_remove(&w);
        if (!list_empty(&completed))
            complete_all();
    }
}

/* From event handlers: hand over to the thread. */
static void bio_end(struct bio *bio, int status)
{
    bio->status = status;
    list_add_tail(&completed, &bio->link);
    waitq_wake_all(&completed_wait);
}

static void bio_done(void *arg, int status)
{
    struct bio *bio = arg;

    if (status == 0 && bio->flush_after) {
        bio->flush_after = false;
        status = bio->bd->ops->flush(bio->bd->dev, bio_done, bio);
        if (status == 0)
            return;
    }
    bio_end(bio, status);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static int open_used(struct block_device *bd, bool writable, int *fdp)
{
    if (writable && bd->ops->readonly(bd->dev))
        return RU_EROFS;
    if (!completer_running) {
        if (thread_create("rump-bio", completer, NULL) == NULL)
            return RU_ENOMEM;
        completer_running = true;
    }
    for (int fd = 0; fd < MAX_OPEN; fd++) {
        if (open_devices[fd].bd != NULL)
            continue;
        open_devices[fd].bd = bd;
        open_devices[fd].writable = writable;
        bd->opens++;
        *fdp = fd;
        return 0;
    }
    return RU_EMFILE;
}

int rumpuser_open(const char *name, int mode, int *fdp)
{
    struct block_device *bd = device_named(name);
    bool writable = (mode & RUMPUSER_OPEN_ACCMODE) != RUMPUSER_OPEN_RDONLY;
    int error;

    if (bd == NULL)
        return RU_ENOENT;
    error = begin_use(bd);
    if (error != 0)
        return error;
    error = open_used(bd, writable, fdp);
    if (error != 0)
        end_use(bd);
    return error;
}

int rumpuser_close(int fd)
{
    struct open_device *od = open_device(fd);

    if (od == NULL)
        return RU_EBADF;
    od->bd->opens--;
    end_use(od->bd);
    od->bd = NULL;
    return 0;
}

/* 0, or the NetBSD error for a transfer the device must not see. */
static int check_range(const struct open_device *od, bool write, size_t len, int64_t off)
{
    uint64_t size = od->bd->ops->size(od->bd->dev);

    if (write && !od->writable)
        return RU_EROFS;
    if (off < 0 || len % SECTOR != 0 || off % SECTOR != 0)
        return RU_EINVAL;
    if ((uint64_t)off > size || len > size - (uint64_t)off)
        return RU_EINVAL;
    return 0;
}

void rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off, rump_biodone_fn done,
                  void *arg)
{
    struct open_device *od = open_device(fd);
    bool write = (op & RUMPUSER_BIO_WRITE) != 0;
    int nlocks;
    struct bio *bio;
    int error;
    int status;
    struct block_device *bd;

    if (od == NULL) {
        done(arg, 0, RU_EBADF);
        return;
    }
    error = check_range(od, write, len, off);
    bio = error == 0 ? kzalloc(sizeof(*bio), MEM_RUMP) : NULL;
    if (bio == NULL) {
        done(arg, 0, error != 0 ? error : RU_ENOMEM);
        return;
    }
    bd = od->bd;
    bio->bd = bd;
    bio->done = done;
    bio->arg = arg;
    bio->len = len;
    bio->flush_after = write && (op & RUMPUSER_BIO_SYNC) != 0;

    nlocks = rumpuser_unschedule(NULL); /* the driver may wait for room */
    status = write ? bd->ops->write(bd->dev, data, len, (uint64_t)off, bio_done, bio)
                   : bd->ops->read(bd->dev, data, len, (uint64_t)off, bio_done, bio);
    if (status != 0)
        bio_end(bio, status);
    rumpuser_schedule(nlocks, NULL);
}

/* ---- blocking forms -------------------------------------------------------------------------- */

struct sync_wait {
    struct waitq q;
    bool done;
    int status;
};

static void sync_done(void *arg, int status)
{
    struct sync_wait *sw = arg;

    sw->status = status;
    sw->done = true;
    waitq_wake_all(&sw->q);
}

/* submitted: what the driver's function returned. The NetBSD error of the whole. */
static int sync_finish(struct sync_wait *sw, int submitted)
{
    if (submitted != 0)
        return netbsd_error(submitted);
    while (!sw->done) {
        struct waiter w;

        thread_sleep_prepare();
        waitq_add(&sw->q, &w);
        (void)rumpuser_sleep(&w, NO_DEADLINE);
        waiter_remove(&w);
    }
    return netbsd_error(sw->status);
}

static int transfer_vector(int fd, bool write, const struct rumpuser_iovec *iov, size_t n,
                           int64_t off, size_t *retp)
{
    struct open_device *od = open_device(fd);
    int error = 0;
    struct block_device *bd;

    *retp = 0;
    if (od == NULL)
        return RU_EBADF;
    if (off == RUMPUSER_IOV_NOSEEK)
        return RU_ESPIPE;
    bd = od->bd;
    for (size_t i = 0; i < n && error == 0; i++) {
        struct sync_wait sw = {.done = false};
        size_t len = iov[i].iov_len;
        uint64_t at = (uint64_t)off + *retp;
        int nlocks;

        error = check_range(od, write, len, (int64_t)at);
        if (error != 0 || len == 0)
            continue;
        waitq_init(&sw.q);
        nlocks = rumpuser_unschedule(NULL);
        error = sync_finish(
            &sw, write ? bd->ops->write(bd->dev, iov[i].iov_base, len, at, sync_done, &sw)
                       : bd->ops->read(bd->dev, iov[i].iov_base, len, at, sync_done, &sw));
        rumpuser_schedule(nlocks, NULL);
        if (error == 0)
            *retp += len;
    }
    return *retp > 0 ? 0 : error;
}

int rumpuser_iovread(int fd, struct rumpuser_iovec *iov, size_t iovlen, int64_t off, size_t *retp)
{
    return transfer_vector(fd, false, iov, iovlen, off, retp);
}

int rumpuser_iovwrite(int fd, const struct rumpuser_iovec *iov, size_t iovlen, int64_t off,
                      size_t *retp)
{
    return transfer_vector(fd, true, iov, iovlen, off, retp);
}

int rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len)
{
    struct open_device *od = open_device(fd);
    struct sync_wait sw = {.done = false};
    int nlocks;
    int error;

    (void)flags;
    (void)start;
    (void)len;
    if (od == NULL)
        return RU_EBADF;
    waitq_init(&sw.q);
    nlocks = rumpuser_unschedule(NULL);
    error = sync_finish(&sw, od->bd->ops->flush(od->bd->dev, sync_done, &sw));
    rumpuser_schedule(nlocks, NULL);
    return error;
}
