/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * What the files of xen-blkfront share.
 *
 *   blkfront_xenbus.c   finding disks, negotiation, connecting and disconnecting
 *   blkfront_ring.c     requests on the ring and answers from it
 *   blkfront_pool.c     the granted pages data goes through
 *   blkfront_node.c     /dev/xvd*
 *   blkfront_rump.c     block devices of the rump kernel
 */
#ifndef BLKFRONT_INTERNAL_H
#define BLKFRONT_INTERNAL_H

#include "blkfront.h"

#include "xenbus/granted.h"
#include "xenbus/ring.h"
#include "xenbus/xenbus.h"

#include <xen/xen.h>

#include <xen/io/blkif.h>

#define BLK_SECTOR         512u
#define BLK_DISKS          26  /* xvda ... xvdz, as libxl names them */
#define BLK_RING_ORDER_MAX 1   /* two pages: 64 requests */
#define BLK_SEGMENTS_MAX   64  /* 256 KiB in one indirect request */
#define BLK_POOL_MAX       256 /* pages per disk */
#define BLK_POOL_RESERVE   16  /* pages a connected disk always has: one direct request and more */

/* How long to wait for a disk to connect: libxl gives the device model 30 s to start. */
#define BLK_OPEN_NS UINT64_C(20000000000)

/* How a flush is done, in order of preference. */
enum blk_flush { BLK_FLUSH_NONE, BLK_FLUSH_BARRIER, BLK_FLUSH_CACHE };

enum blk_phase {
    BLK_WAITING,   /* no ring: for the backend, or because there is none */
    BLK_PUBLISHED, /* ring offered, backend not connected yet */
    BLK_LIVE,      /* requests go to the ring */
    BLK_CLOSING,   /* nothing new goes to the ring, answers are still taken */
    BLK_BROKEN,    /* the backend broke the protocol: ring torn down */
};

/* A request on the ring. */
struct blk_part {
    struct blk_io *io;   /* NULL: free */
    uint32_t generation; /* in the id: a late or repeated answer does not match */
    uint8_t operation;   /* BLKIF_OP_* of the data, what the answer should repeat */
    bool indirect;
    uint16_t segments;
    uint16_t indirect_page;           /* pool index */
    size_t len;                       /* bytes */
    uint64_t covers;                  /* of a flush: the disk's `written` when it was issued */
    struct iov_cursor data;           /* where its data are */
    uint16_t pages[BLK_SEGMENTS_MAX]; /* pool indices */
};

struct blk_pool {
    struct granted_pages pages[BLK_POOL_MAX];
    uint16_t free[BLK_POOL_MAX]; /* stack: the page used last is used first, as blkif.h advises */
    uint16_t nfree, npages;
    bool open;
    plat_domid_t domid;
};

struct blk_disk {
    struct xenbus_device dev;
    char name[8];
    enum blk_phase phase;
    bool ever_connected;
    bool gone;               /* removed, or its backend stayed away too long: requests fail */
    unsigned users;          /* who has it open: only then it is connected */
    uint64_t unused_since;   /* without users: when the last one left */
    struct waitq state_wait; /* woken at each change of phase */

    /* what the backend told */
    uint64_t size;
    uint32_t sector_size, physical_size;
    bool readonly, can_discard;
    enum blk_flush flush;
    uint32_t max_segments;

    /* the connection */
    struct granted_pages ring_pages;
    blkif_front_ring_t ring;
    plat_port_t port;
    struct blk_part *parts;
    uint16_t *free_parts; /* stack of indices */
    unsigned nparts, nfree_parts;
    struct blk_pool pool;
    bool draining; /* answers are being taken: no nested draining */

    /* requests not entirely on the ring: those whose turn it is first; without a ring by `seq` */
    struct list queue;
    uint64_t next_seq;

    /* What the backend may hold in a cache, which a crash of it loses. */
    uint64_t written;     /* requests that changed the disk and were reported done */
    uint64_t flushed;     /* those of them that a flush has covered */
    bool writes_lost;     /* no flush has told yet that some are lost */
    uint64_t lost_before; /* flushes submitted before this one tell it, too */

    /* One write of a part of a sector at a time: it reads, changes and writes back. */
    bool partial_write;
    struct waitq partial_write_wait;

    struct timer lost_timer; /* the backend is away */
    struct timer kick_timer; /* have another look at the device's state */
    uint64_t close_by;       /* in BLK_CLOSING: when to stop waiting for answers */
    unsigned broken_count;
};

/* blkfront_xenbus.c */
/* Waits for the first look at xenstore until the deadline. NULL: no such disk. */
struct blk_disk *blk_disk_by_name(const char *name, uint64_t deadline);
/*
 * Has the disk connected if it is not, and waits until it takes requests. 0, then blk_release()
 * ends it, or -ENXIO.
 */
int blk_acquire(struct blk_disk *disk, uint64_t deadline);
/* The last one who leaves has the disk disconnected a little later. */
void blk_release(struct blk_disk *disk);

/* blkfront_pool.c */
/* Brings the pool to its reserve for a backend; -ENOMEM/-ENOSPC with an empty pool. */
int blk_pool_open(struct blk_pool *pool, plat_domid_t domid);
void blk_pool_close(struct blk_pool *pool);
/*
 * Takes up to n pages, growing the pool as far as the disk's part of the share for block devices
 * (core/budget.h) reaches; returns how many.
 */
unsigned blk_pool_take(struct blk_pool *pool, uint16_t *indices, unsigned n);
/* Puts pages back. A pool that holds more than the disk's part gives pages up. */
void blk_pool_put(struct blk_pool *pool, const uint16_t *indices, unsigned n);

/* blkfront_ring.c */
/* Ring pages, parts, event channel. 0 or a negative errno with nothing left behind. */
int blk_ring_open(struct blk_disk *disk, unsigned order);
/* Gives all of it back; unanswered requests return to the queue, in order. */
void blk_ring_close(struct blk_disk *disk);
/*
 * The backend was lost without an orderly end, or lies: what it answered but has not flushed may be
 * lost, and the next flush says so. Before blk_ring_close().
 */
void blk_ring_crashed(struct blk_disk *disk);
unsigned blk_ring_in_flight(const struct blk_disk *disk);
/* Put queued requests on the ring as far as there is room. */
void blk_ring_pump(struct blk_disk *disk);
/* Take what answers there are. */
void blk_ring_drain(struct blk_disk *disk);
/* Complete everything queued with an error; what is on the ring is left to its answers. */
void blk_fail_queue(struct blk_disk *disk, int status);

/* blkfront_node.c, blkfront_rump.c */
void blk_node_init(void);
void blk_rump_register(struct blk_disk *disk);

#endif
