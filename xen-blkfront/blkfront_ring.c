/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The data path: requests are cut into parts that fit a ring request, parts go to the ring as far
 * as slots and granted pages reach, one of each request in turn, answers complete them in any
 * order.
 *
 * Nothing the backend can write is believed: an answer is copied out of the ring once, its id has
 * to name a part that is on the ring in this very use of its slot, and what it says can only end
 * that part.
 */
#include "blkfront_internal.h"

#include "core/budget.h"
#include "core/errno.h"
#include "core/log.h"
#include "linux/file.h"

/* Segments of one indirect page; one such page is enough for BLK_SEGMENTS_MAX. */
_Static_assert(BLK_SEGMENTS_MAX * sizeof(struct blkif_request_segment) <= PLAT_PAGE_SIZE,
               "one indirect page per request");

static void on_event(plat_port_t port, void *arg)
{
    (void)port;
    blk_ring_drain(arg);
}

/* ---- opening and closing --------------------------------------------------------------------- */

int blk_ring_open(struct blk_disk *disk, unsigned order)
{
    plat_domid_t domid = disk->dev.backend_id;
    int rc = granted_alloc(&disk->ring_pages, order, domid, MEM_BLOCK);
    blkif_sring_t *sring;

    if (rc != 0)
        return rc;
    sring = disk->ring_pages.page;
    XEN_FRONT_RING_INIT(&disk->ring, sring, PLAT_PAGE_SIZE << order);

    disk->nparts = RING_SIZE(&disk->ring);
    disk->parts = kzalloc(disk->nparts * sizeof(disk->parts[0]), MEM_BLOCK);
    disk->free_parts = kmalloc(disk->nparts * sizeof(disk->free_parts[0]), MEM_BLOCK);
    rc = -ENOMEM;
    if (disk->parts == NULL || disk->free_parts == NULL)
        goto out;
    disk->nfree_parts = 0;
    for (unsigned i = disk->nparts; i > 0; i--)
        disk->free_parts[disk->nfree_parts++] = (uint16_t)(i - 1);

    rc = blk_pool_open(&disk->pool, domid);
    if (rc != 0)
        goto out;
    rc = plat_evtchn_alloc(domid, &disk->port);
    if (rc != 0)
        goto out;
    plat_evtchn_handler(disk->port, on_event, disk);
    return 0;

out:
    disk->port = 0;
    blk_ring_close(disk);
    return rc;
}

/* Puts a request into a queue by the order of submission. */
static void requeue(struct list *queue, struct blk_io *io)
{
    struct list *before = queue->next;

    while (before != queue && container_of(before, struct blk_io, link)->seq < io->seq)
        before = before->next;
    list_add_tail(before, &io->link);
}

/*
 * From its beginning: the parts that were answered are done twice, which changes nothing on the
 * disk.
 */
static void start_over(struct blk_disk *disk, struct blk_io *io)
{
    io->parts = 0;
    io->issued = 0;
    io->next = io->data;
    io->status = 0;
    if (io->all_issued)
        requeue(&disk->queue, io);
    io->all_issued = false;
}

void blk_ring_close(struct blk_disk *disk)
{
    struct list all = LIST_INIT(all);

    if (disk->port != 0)
        plat_evtchn_close(disk->port);
    disk->port = 0;
    for (unsigned i = 0; disk->parts != NULL && i < disk->nparts; i++)
        if (disk->parts[i].io != NULL && disk->parts[i].io->parts > 0)
            start_over(disk, disk->parts[i].io);
    /* Those that were partly issued when the ring was lost, or already when the one before was. */
    while (!list_empty(&disk->queue)) {
        struct blk_io *io = container_of(disk->queue.next, struct blk_io, link);

        list_remove(&io->link);
        start_over(disk, io);
        requeue(&all, io);
    }
    while (!list_empty(&all)) {
        struct list *first = all.next;

        list_remove(first);
        list_add_tail(&disk->queue, first);
    }
    kfree(disk->parts);
    kfree(disk->free_parts);
    disk->parts = NULL;
    disk->free_parts = NULL;
    disk->nparts = disk->nfree_parts = 0;
    blk_pool_close(&disk->pool);
    granted_free(&disk->ring_pages, MEM_BLOCK);
}

unsigned blk_ring_in_flight(const struct blk_disk *disk)
{
    return disk->nparts - disk->nfree_parts;
}

/* ---- data ------------------------------------------------------------------------------------ */

static void fill_pages(struct blk_disk *disk, const struct blk_part *part)
{
    struct iov_cursor from = part->data;
    size_t left = part->len;

    for (unsigned i = 0; i < part->segments; i++) {
        char *page = disk->pool.pages[part->pages[i]].page;
        size_t n = left < PLAT_PAGE_SIZE ? left : PLAT_PAGE_SIZE;

        if (from.iov != NULL)
            iov_read(&from, page, n);
        else
            memset(page, 0, n);
        left -= n;
    }
}

static void empty_pages(struct blk_disk *disk, const struct blk_part *part)
{
    struct iov_cursor to = part->data;
    size_t left = part->len;

    for (unsigned i = 0; i < part->segments; i++) {
        size_t n = left < PLAT_PAGE_SIZE ? left : PLAT_PAGE_SIZE;

        iov_write(&to, disk->pool.pages[part->pages[i]].page, n);
        left -= n;
    }
}

/* ---- submission ------------------------------------------------------------------------------ */

static void write_segments(struct blk_disk *disk, const struct blk_part *part,
                           struct blkif_request_segment *seg)
{
    size_t left = part->len;

    for (unsigned i = 0; i < part->segments; i++) {
        size_t n = left < PLAT_PAGE_SIZE ? left : PLAT_PAGE_SIZE;

        seg[i] = (struct blkif_request_segment){
            .gref = disk->pool.pages[part->pages[i]].ref[0],
            .first_sect = 0,
            .last_sect = (uint8_t)(n / BLK_SECTOR - 1),
        };
        left -= n;
    }
}

static uint64_t part_id(const struct blk_disk *disk, const struct blk_part *part)
{
    return (uint64_t)part->generation << 32 | (uint64_t)(part - disk->parts);
}

/* Writes the request to the next ring slot; the producer index is pushed by the caller. */
static void write_request(struct blk_disk *disk, const struct blk_part *part, uint64_t offset)
{
    void *slot = RING_GET_REQUEST(&disk->ring, disk->ring.req_prod_pvt);
    blkif_vdev_t handle = (blkif_vdev_t)disk->dev.id;

    if (part->operation == BLKIF_OP_DISCARD) {
        const struct blkif_request_discard r = {
            .operation = BLKIF_OP_DISCARD,
            .handle = handle,
            .id = part_id(disk, part),
            .sector_number = offset / BLK_SECTOR,
            .nr_sectors = part->len / BLK_SECTOR,
        };

        memcpy(slot, &r, sizeof(r));
    } else if (part->indirect) {
        struct granted_pages *page = &disk->pool.pages[part->indirect_page];
        const struct blkif_request_indirect r = {
            .operation = BLKIF_OP_INDIRECT,
            .indirect_op = part->operation,
            .nr_segments = part->segments,
            .id = part_id(disk, part),
            .sector_number = offset / BLK_SECTOR,
            .handle = handle,
            .indirect_grefs = {page->ref[0]},
        };

        write_segments(disk, part, page->page);
        memcpy(slot, &r, sizeof(r));
    } else {
        struct blkif_request r = {
            .operation = part->operation,
            .nr_segments = (uint8_t)part->segments,
            .handle = handle,
            .id = part_id(disk, part),
            .sector_number = offset / BLK_SECTOR,
        };

        write_segments(disk, part, r.seg);
        memcpy(slot, &r, sizeof(r));
    }
    disk->ring.req_prod_pvt++;
}

/*
 * Finds pages for up to `left` bytes of data. Returns the bytes they hold, 0 when there are none
 * now: a whole number of sectors, at most one request's worth.
 */
static size_t take_pages(struct blk_disk *disk, struct blk_part *part, uint64_t left)
{
    uint64_t pages = (left + PLAT_PAGE_MASK) >> PLAT_PAGE_SHIFT;
    unsigned want = pages < disk->max_segments ? (unsigned)pages : disk->max_segments;
    size_t room;
    unsigned got;

    part->indirect = false;
    if (want > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        part->indirect = blk_pool_take(&disk->pool, &part->indirect_page, 1) == 1;
        if (!part->indirect)
            return 0;
    }
    got = blk_pool_take(&disk->pool, part->pages, want);
    if (part->indirect && got <= BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        blk_pool_put(&disk->pool, &part->indirect_page, 1);
        part->indirect = false;
    }
    part->segments = (uint16_t)got;
    room = (size_t)got << PLAT_PAGE_SHIFT;
    return left < room ? (size_t)left : room;
}

static void put_part(struct blk_disk *disk, struct blk_part *part)
{
    blk_pool_put(&disk->pool, part->pages, part->segments);
    if (part->indirect)
        blk_pool_put(&disk->pool, &part->indirect_page, 1);
    part->io = NULL;
    part->segments = 0;
    part->indirect = false;
    disk->free_parts[disk->nfree_parts++] = (uint16_t)(part - disk->parts);
}

/* May the present disk do this request? It may have changed since it was submitted. */
static int check(const struct blk_disk *disk, const struct blk_io *io)
{
    if (io->op == BLK_FLUSH)
        return io->len == 0 ? 0 : -EINVAL;
    if (((io->offset | io->len) & (disk->sector_size - 1)) != 0 || io->len == 0)
        return -EINVAL;
    if (io->offset > disk->size || io->len > disk->size - io->offset)
        return -ENOSPC;
    if (io->op != BLK_READ && disk->readonly)
        return -EROFS;
    if (io->op == BLK_DISCARD && !disk->can_discard)
        return -EOPNOTSUPP;
    return 0;
}

static void finish(struct blk_io *io)
{
    budget_request_end();
    io->done(io, io->status);
}

/* How a flush is asked for at present; the disk can do one. */
static uint8_t flush_operation(const struct blk_disk *disk)
{
    return disk->flush == BLK_FLUSH_CACHE ? BLKIF_OP_FLUSH_DISKCACHE : BLKIF_OP_WRITE_BARRIER;
}

/*
 * Puts the next part of a request on the ring. False when there is no room for it now: then
 * something is in flight whose answer makes room, since otherwise all slots and the pool's reserve
 * are free.
 */
static bool issue(struct blk_disk *disk, struct blk_io *io)
{
    uint64_t left;
    struct blk_part *part;

    if (disk->nfree_parts == 0)
        return false;
    part = &disk->parts[disk->free_parts[disk->nfree_parts - 1]];
    left = io->len - io->issued;

    part->segments = 0;
    part->indirect = false;
    switch (io->op) {
    case BLK_READ:
    case BLK_WRITE:
        part->operation = io->op == BLK_READ ? BLKIF_OP_READ : BLKIF_OP_WRITE;
        part->len = take_pages(disk, part, left);
        if (part->len == 0)
            return false;
        break;
    case BLK_FLUSH:
        part->operation = flush_operation(disk);
        part->len = 0;
        part->covers = disk->written;
        break;
    case BLK_DISCARD:
        part->operation = BLKIF_OP_DISCARD;
        part->len = left;
        break;
    }
    disk->nfree_parts--;
    part->io = io;
    part->generation++;
    part->data = io->next;
    if (part->operation == BLKIF_OP_WRITE)
        fill_pages(disk, part);
    write_request(disk, part, io->offset + io->issued);
    io->issued += part->len;
    io->parts++;
    if (io->data.iov != NULL && part->segments > 0)
        iov_skip(&io->next, part->len);
    io->all_issued = io->issued == io->len;
    return true;
}

void blk_ring_crashed(struct blk_disk *disk)
{
    if (disk->flush == BLK_FLUSH_NONE || disk->written == disk->flushed)
        return;
    log_error("%s: the backend crashed before it flushed what was written; the next flush fails",
              disk->name);
    disk->writes_lost = true;
    disk->flushed = disk->written;
}

/*
 * Must this flush tell that writes are lost? Those that were submitted before the first that tells
 * have to, as well: they all cover the lost writes.
 */
static bool tells_loss(struct blk_disk *disk, const struct blk_io *io)
{
    if (disk->writes_lost) {
        disk->writes_lost = false;
        disk->lost_before = disk->next_seq;
    }
    return io->seq < disk->lost_before;
}

/* Puts queued requests on the ring as far as there is room; the backend does not see them yet. */
static void issue_queue(struct blk_disk *disk)
{
    while (!list_empty(&disk->queue) && disk->phase == BLK_LIVE) {
        struct blk_io *io = container_of(disk->queue.next, struct blk_io, link);

        if (io->parts == 0 && io->issued == 0) {
            int rc = check(disk, io);
            bool nothing = io->op == BLK_FLUSH && (disk->flush == BLK_FLUSH_NONE || disk->readonly);

            if (rc == 0 && io->op == BLK_FLUSH && tells_loss(disk, io))
                rc = -EIO;
            if (rc != 0 || nothing) {
                list_remove(&io->link);
                io->status = rc;
                finish(io);
                continue;
            }
        }
        if (!issue(disk, io))
            break;
        /* In turn, a part of each: one request of some GiB must not hold up all others. */
        list_remove(&io->link);
        if (!io->all_issued)
            list_add_tail(&disk->queue, &io->link);
    }
}

void blk_push(struct blk_disk *disk)
{
    bool notify;

    if (disk->phase != BLK_LIVE)
        return;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&disk->ring, notify);
    if (notify)
        (void)plat_evtchn_notify(disk->port);
}

void blk_ring_pump(struct blk_disk *disk)
{
    issue_queue(disk);
    blk_push(disk);
}

int blk_queue(struct blk_disk *disk, struct blk_io *io)
{
    int rc;

    if (disk->gone || !disk->ever_connected)
        return -EIO;
    rc = check(disk, io);
    if (rc != 0)
        return rc;
    io->seq = disk->next_seq++;
    io->issued = 0;
    io->parts = 0;
    io->all_issued = false;
    io->status = 0;
    io->next = io->data;
    list_add_tail(&disk->queue, &io->link);
    budget_request_begin();
    issue_queue(disk);
    return 0;
}

int blk_submit(struct blk_disk *disk, struct blk_io *io)
{
    int rc = blk_queue(disk, io);

    if (rc == 0)
        blk_push(disk);
    return rc;
}

void blk_fail_queue(struct blk_disk *disk, int status)
{
    while (!list_empty(&disk->queue)) {
        struct blk_io *io = container_of(disk->queue.next, struct blk_io, link);

        list_remove(&io->link);
        io->status = status;
        finish(io);
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

/* The backend broke the protocol: nothing more is taken from this ring. */
static void broken(struct blk_disk *disk, const char *what, uint64_t value)
{
    log_error("%s: backend domain %u broke the protocol: %s (%#llx); the disk fails", disk->name,
              disk->dev.backend_id, what, (unsigned long long)value);
    disk->phase = BLK_BROKEN;
    /* Its teardown writes to xenstore, so it sleeps: not here. */
    xenbus_kick(&disk->dev);
}

/*
 * The backend cannot do an operation that it offered: do without from now on. Returns the status
 * for the request; -EAGAIN: try in another way. Of several flushes refused only the first finds
 * out.
 */
static int not_supported(struct blk_disk *disk, struct blk_io *io, uint8_t operation)
{
    if (io->op == BLK_FLUSH) {
        if (disk->flush != BLK_FLUSH_NONE && operation == flush_operation(disk)) {
            log_warning("%s: the backend offers flushes but cannot do them", disk->name);
            disk->flush--;
        }
        /*
         * A failed barrier leaves nothing else to try: the write cache is the backend's business.
         */
        return disk->flush == BLK_FLUSH_NONE ? 0 : -EAGAIN;
    }
    if (io->op == BLK_DISCARD)
        disk->can_discard = false;
    return -EOPNOTSUPP;
}

static void complete(struct blk_disk *disk, struct blk_part *part, int16_t status)
{
    struct blk_io *io = part->io;
    int rc = 0;

    if (status == BLKIF_RSP_OKAY) {
        if (io->op == BLK_READ)
            empty_pages(disk, part);
        else if (io->op == BLK_FLUSH && part->covers > disk->flushed)
            disk->flushed = part->covers;
    } else if (status == BLKIF_RSP_EOPNOTSUPP) {
        rc = not_supported(disk, io, part->operation);
    } else {
        rc = -EIO;
    }
    put_part(disk, part);
    io->parts--;
    if (rc == -EAGAIN) {
        start_over(disk, io);
        return;
    }
    if (rc != 0) {
        io->status = rc;
        if (!io->all_issued) {
            list_remove(&io->link); /* the rest need not be tried */
            io->all_issued = true;
        }
    }
    if (io->parts > 0 || !io->all_issued)
        return;
    if (io->status == 0 && (io->op == BLK_WRITE || io->op == BLK_DISCARD))
        disk->written++;
    finish(io);
}

/* Checks one answer, a private copy. False when it broke the protocol. */
static bool take_answer(struct blk_disk *disk, const struct blkif_response *rsp)
{
    uint64_t index = rsp->id & UINT32_MAX;
    struct blk_part *part;

    if (index >= disk->nparts || disk->parts[index].io == NULL ||
        disk->parts[index].generation != rsp->id >> 32) {
        broken(disk, "answer to a request that was not made", rsp->id);
        return false;
    }
    part = &disk->parts[index];
    if (rsp->operation != part->operation &&
        !(part->indirect && rsp->operation == BLKIF_OP_INDIRECT)) {
        broken(disk, "answer to another operation", rsp->operation);
        return false;
    }
    complete(disk, part, rsp->status);
    return true;
}

void blk_ring_drain(struct blk_disk *disk)
{
    int more;

    if (disk->draining || (disk->phase != BLK_LIVE && disk->phase != BLK_CLOSING))
        return;
    disk->draining = true;
    do {
        RING_IDX prod = *(volatile RING_IDX *)&disk->ring.sring->rsp_prod;

        xen_rmb();
        if (prod - disk->ring.rsp_cons > blk_ring_in_flight(disk)) {
            broken(disk, "more answers than requests", prod - disk->ring.rsp_cons);
            break;
        }
        while (disk->ring.rsp_cons != prod) {
            struct blkif_response rsp;

            RING_COPY_RESPONSE(&disk->ring, disk->ring.rsp_cons, &rsp);
            disk->ring.rsp_cons++;
            if (!take_answer(disk, &rsp))
                break;
        }
        if (disk->phase == BLK_BROKEN)
            break;
        RING_FINAL_CHECK_FOR_RESPONSES(&disk->ring, more);
    } while (more);
    disk->draining = false;
    if (disk->phase == BLK_LIVE)
        blk_ring_pump(disk);
    else if (disk->phase == BLK_CLOSING && blk_ring_in_flight(disk) == 0)
        xenbus_kick(&disk->dev);
}

/* ---- waiting --------------------------------------------------------------------------------- */

struct waiting_io {
    struct waitq wait;
    bool done;
    int status;
};

static void wake_waiter(struct blk_io *io, int status)
{
    struct waiting_io *w = io->arg;

    w->done = true;
    w->status = status;
    waitq_wake_all(&w->wait);
}

int blk_submit_wait(struct blk_disk *disk, struct blk_io *io)
{
    struct waiting_io w = {.done = false};
    int rc;

    waitq_init(&w.wait);
    io->done = wake_waiter;
    io->arg = &w;
    rc = blk_submit(disk, io);
    if (rc != 0)
        return rc;
    while (!w.done)
        (void)waitq_wait(&w.wait, NO_DEADLINE); /* not interruptible: the buffers are in use */
    return w.status;
}
