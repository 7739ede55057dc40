/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * block.h - how a block driver offers its devices to the rump kernel (rumpuser_open and friends).
 *
 * The driver side speaks our own conventions: negative Linux errno values, completion callbacks
 * that may run in event handlers. rumpuser/io.c turns them into the interface's ones.
 */
#ifndef RUMPUSER_BLOCK_H
#define RUMPUSER_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * status: 0 or a negative errno. May be called before the submitting function returns. Must not
 * sleep.
 */
typedef void (*rumpuser_block_done)(void *arg, int status);

struct rumpuser_block_ops {
    /*
     * Everything below is for a device that was opened, and not closed as often. May sleep until
     * the device is there: 0 or a negative errno.
     */
    int (*open)(void *dev);
    void (*close)(void *dev);
    /* Bytes, and whether writes are refused. Asked at each use, so a resize is seen. */
    uint64_t (*size)(void *dev);
    bool (*readonly)(void *dev);
    /*
     * Transfer len bytes (multiple of 512, inside the device) at byte offset `off`; the buffer has
     * any alignment and stays until `done`. Each either calls `done` exactly once and returns 0, or
     * returns a negative errno and does not call it. They may sleep for room in the ring.
     */
    int (*read)(void *dev, void *buf, size_t len, uint64_t off, rumpuser_block_done done,
                void *arg);
    int (*write)(void *dev, const void *buf, size_t len, uint64_t off, rumpuser_block_done done,
                 void *arg);
    /* Everything whose completion was reported before is on stable storage when `done` comes. */
    int (*flush)(void *dev, rumpuser_block_done done, void *arg);
};

/*
 * Offer `dev` under `name` (copied, e.g. "xvda"). ops and dev stay until
 * rumpuser_block_unregister(). 0, -EEXIST, -ENAMETOOLONG, or -ENOSPC (32 devices).
 */
int rumpuser_block_register(const char *name, const struct rumpuser_block_ops *ops, void *dev);

/* -ENOENT; -EBUSY while the rump kernel has it open. */
int rumpuser_block_unregister(const char *name);

#endif
