/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries of the block frontend for hosted tests (platform/hosted/hosted.h). Requests go to
 * blk_submit() without a thread of the domain in between, so that a test can make millions of them.
 */
#include "blkfront_internal.h"

#include "core/errno.h"
#include "platform/hosted/hosted.h"

#define SLOTS 256

/* Read by the test in place: int32 status, uint32 how often done() was called, per slot. */
static struct {
    int32_t status;
    uint32_t completions;
} results[SLOTS];

static struct slot {
    struct blk_io io;
    struct kiovec iov[2];
} slots[SLOTS];

static void slot_done(struct blk_io *io, int status)
{
    size_t i = (size_t)(container_of(io, struct slot, io) - slots);

    results[i].status = status;
    results[i].completions++;
}

HOSTED_API void *hosted_blk_results(void);
HOSTED_API int hosted_blk_there(const char *name);
HOSTED_API int64_t hosted_blk_use(const char *name);
HOSTED_API void hosted_blk_unuse(void *disk);
HOSTED_API int hosted_blk_submit(void *disk, uint32_t slot, uint32_t op, uint64_t offset,
                                 uint64_t len, void *buf, uint64_t split);
HOSTED_API uint64_t hosted_blk_size(void *disk);
HOSTED_API uint32_t hosted_blk_phase(void *disk);
HOSTED_API uint32_t hosted_blk_used(void);

void *hosted_blk_results(void)
{
    return results;
}

/* Has the disk been found? Never waits. */
int hosted_blk_there(const char *name)
{
    return blk_disk_by_name(name, 0) != NULL;
}

/* The disk's address, or 0. It is in use from then on, but its connection is not waited for. */
int64_t hosted_blk_use(const char *name)
{
    struct blk_disk *disk = blk_disk_by_name(name, 0);

    if (disk != NULL && disk->users++ == 0)
        xenbus_kick(&disk->dev);
    return (int64_t)(uintptr_t)disk;
}

void hosted_blk_unuse(void *disk)
{
    blk_release(disk);
}

/*
 * The buffer (or NULL) is handed over as a vector of two, cut after `split` bytes. Result of
 * blk_submit().
 */
int hosted_blk_submit(void *disk, uint32_t slot, uint32_t op, uint64_t offset, uint64_t len,
                      void *buf, uint64_t split)
{
    struct slot *s;

    if (slot >= SLOTS || split > len)
        return -EINVAL;
    s = &slots[slot];
    s->iov[0] = (struct kiovec){.base = buf, .len = split};
    s->iov[1] = (struct kiovec){.base = (char *)buf + split, .len = len - split};
    s->io = (struct blk_io){.op = (enum blk_op)op, .offset = offset, .len = len, .done = slot_done};
    if (buf != NULL)
        s->io.data = iov_begin(s->iov, 2);
    return blk_submit(disk, &s->io);
}

uint64_t hosted_blk_size(void *disk)
{
    return blk_size(disk);
}

/* enum blk_phase, with bit 8 set when requests are refused. */
uint32_t hosted_blk_phase(void *disk)
{
    const struct blk_disk *d = disk;

    return (uint32_t)d->phase | (d->gone ? 256u : 0);
}

/* Bytes of kernel memory the room holds. */
uint32_t hosted_blk_used(void)
{
    return (uint32_t)memory_used(MEM_BLOCK);
}
