/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * blkfront.h - the block frontend (<xen/io/blkif.h>).
 *
 * Promises:
 *  - start-up never waits for a backend. A disk is connected while somebody has it open: only its
 *    open() waits for its backend, and not for ever; soon after the last close ring and pages are
 *    given back;
 *  - each request is answered exactly once, whatever the backend does. A backend that goes away and
 *    comes back finds the unanswered requests repeated; one that stays away, or lies, turns them
 *    into -EIO;
 *  - nothing outside the ring and the request's own buffers is read or written, whatever the
 * backend answers;
 *  - a flush that succeeded covers every write that was reported done before the flush was
 *    submitted. After a backend that crashed with such writes in its cache the next flush fails;
 *  - data is copied once each way. Program memory is never shared with the backend.
 *
 * Sectors on the wire have 512 bytes whatever "sector-size" says: that is what blkback does, and
 * what later editions of the header have written down. Requests must be multiples of "sector-size"
 * all the same.
 */
#ifndef BLKFRONT_H
#define BLKFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/list.h"
#include "linux/iov.h"

struct blk_disk;

enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD };

/*
 * One request. Belongs to the caller, who fills the first part and leaves it alone until done() was
 * called. The vector and the memory it names must stay as long.
 */
struct blk_io {
    enum blk_op op;
    uint64_t offset; /* bytes from the start of the disk; multiple of the sector size */
    uint64_t len;    /* bytes; multiple of the sector size; 0 for BLK_FLUSH */
    /* Where the data are: at least len bytes from there on. .iov NULL for BLK_WRITE: zeroes. */
    struct iov_cursor data;
    /*
     * status: 0 or a negative errno. May run in an event handler or inside blk_submit(),
     * blk_queue() or blk_push(); must not sleep.
     */
    void (*done)(struct blk_io *io, int status);
    void *arg;

    /* private */
    struct list link; /* on the disk's queue while not all of it is on the ring */
    uint64_t seq;
    uint64_t issued; /* bytes put on the ring so far */
    unsigned parts;  /* ring requests not answered yet */
    bool all_issued;
    int status;
    struct iov_cursor next; /* where the next part's data start */
};

/* Starts probing device/vbd and registers /dev/xvd*. After xenstore_init(). 0 or -ENOMEM. */
int blkfront_init(void);

/*
 * The letter X of /dev/xvdX for the disk that the toolstack has under this number of a vbd
 * (xen-vbd-interface(7)) now, '\0' when it has none or its backend ends. The disk need not be
 * connected: open() of its node waits for that. Never sleeps.
 */
char blk_letter(uint32_t id);

/* Present properties; all follow the backend, which may change them (resize). */
const char *blk_name(const struct blk_disk *disk);
uint64_t blk_size(const struct blk_disk *disk);          /* bytes; 0 while never connected */
uint32_t blk_sector_size(const struct blk_disk *disk);   /* bytes, 512 ... 4096 */
uint32_t blk_physical_size(const struct blk_disk *disk); /* bytes */
uint32_t blk_max_transfer(const struct blk_disk *disk);  /* bytes of one ring request */
bool blk_readonly(const struct blk_disk *disk);
bool blk_can_discard(const struct blk_disk *disk);

/*
 * Start a request. 0: done() is or was called, exactly once. Or a negative errno, then it is not:
 * -EINVAL (not aligned), -ENOSPC (beyond the end), -EROFS, -EOPNOTSUPP (discard), -EIO (the device
 * is gone). Never sleeps: what does not fit the ring waits in the disk's queue for its turn.
 */
int blk_submit(struct blk_disk *disk, struct blk_io *io);

/*
 * As blk_submit(), but the backend need not hear of it before blk_push(): several requests in a row
 * wake it once.
 */
int blk_queue(struct blk_disk *disk, struct blk_io *io);
void blk_push(struct blk_disk *disk);

/* Submit and sleep until it is done. Returns its status. */
int blk_submit_wait(struct blk_disk *disk, struct blk_io *io);

#endif
