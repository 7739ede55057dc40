/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Disks as block devices of the rump kernel's hypercalls (rumpuser/block.h). */
#include "blkfront_internal.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "rumpuser/block.h"

struct rump_io {
    struct blk_io io;
    struct kiovec iov;
    rumpuser_block_done done;
    void *arg;
};

static void rump_done(struct blk_io *io, int status)
{
    struct rump_io *r = container_of(io, struct rump_io, io);
    rumpuser_block_done done = r->done;
    void *arg = r->arg;

    kfree(r);
    done(arg, status);
}

static int submit(void *dev, enum blk_op op, void *buf, size_t len, uint64_t off,
                  rumpuser_block_done done, void *arg)
{
    struct rump_io *r = kzalloc(sizeof(*r), MEM_BLOCK);
    int rc;

    if (r == NULL)
        return -ENOMEM;
    r->iov = (struct kiovec){.base = buf, .len = len};
    r->done = done;
    r->arg = arg;
    r->io = (struct blk_io){
        .op = op, .offset = off, .len = len, .data = iov_begin(&r->iov, 1), .done = rump_done};
    rc = blk_submit(dev, &r->io);
    if (rc != 0)
        kfree(r);
    return rc;
}

static int rump_open(void *dev)
{
    return blk_acquire(dev, plat_monotonic() + BLK_OPEN_NS);
}

static void rump_close(void *dev)
{
    blk_release(dev);
}

static int rump_read(void *dev, void *buf, size_t len, uint64_t off, rumpuser_block_done done,
                     void *arg)
{
    return submit(dev, BLK_READ, buf, len, off, done, arg);
}

static int rump_write(void *dev, const void *buf, size_t len, uint64_t off,
                      rumpuser_block_done done, void *arg)
{
    return submit(dev, BLK_WRITE, (void *)(uintptr_t)buf, len, off, done, arg);
}

static int rump_flush(void *dev, rumpuser_block_done done, void *arg)
{
    return submit(dev, BLK_FLUSH, NULL, 0, 0, done, arg);
}

static uint64_t rump_size(void *dev)
{
    return blk_size(dev);
}

static bool rump_readonly(void *dev)
{
    return blk_readonly(dev);
}

static const struct rumpuser_block_ops rump_ops = {
    .open = rump_open,
    .close = rump_close,
    .size = rump_size,
    .readonly = rump_readonly,
    .read = rump_read,
    .write = rump_write,
    .flush = rump_flush,
};

void blk_rump_register(struct blk_disk *disk)
{
    int rc = rumpuser_block_register(disk->name, &rump_ops, disk);

    if (rc != 0)
        log_warning("%s: not offered to the rump kernel: %s", disk->name, errno_name(rc));
}
