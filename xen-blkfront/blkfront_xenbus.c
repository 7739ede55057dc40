/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Finding disks and following their backends through the states of <xen/io/blkif.h>. All of it runs
 * on the bus thread, so one disk's negotiation is never interleaved with itself.
 */
#include "blkfront_internal.h"

#include <xen/io/protocols.h>

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"

#define CLOSE_NS     UINT64_C(5000000000)  /* for answers, once the backend wants to close */
#define LOST_NS      UINT64_C(60000000000) /* for a new backend, before requests fail */
#define RECONNECT_NS UINT64_C(1000000000)  /* between attempts when resources are short */
#define UNUSED_NS    UINT64_C(2000000000)  /* a program may open a disk again at once */
#define BROKEN_MAX   8 /* a backend that broke the protocol so often is not tried again */

#define PROTOCOL_NAME XEN_IO_PROTO_ABI_X86_64

static struct blk_disk *disks[BLK_DISKS];
static struct xenbus_driver driver;

/* ---- names ----------------------------------------------------------------------------------- */

/*
 * libxl's numbering (docs/man/xen-vbd-interface): the disk's position, which the toolstack turns
 * into the letter whatever prefix the user wrote. -1 for a number of another kind.
 */
static int disk_index(uint32_t number)
{
    uint32_t major = number >> 8;

    if (number >> 28 == 1)
        return (int)(number >> 8 & 0xfffff);
    if (major == 202 || major == 8)
        return (int)(number >> 4 & 15);
    if (major == 3 || major == 22)
        return (major == 22 ? 2 : 0) + (int)(number >> 6 & 1);
    return -1;
}

static int index_of_name(const char *name)
{
    if (strncmp(name, "xvd", 3) != 0 || name[3] < 'a' || name[3] > 'z' || name[4] != '\0')
        return -1;
    return name[3] - 'a';
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void set_phase(struct blk_disk *disk, enum blk_phase phase)
{
    disk->phase = phase;
    waitq_wake_all(&disk->state_wait);
}

static void kick_later(struct blk_disk *disk, uint64_t ns)
{
    timer_set(&disk->kick_timer, plat_monotonic() + ns);
}

static void on_kick(struct timer *t)
{
    xenbus_kick(&container_of(t, struct blk_disk, kick_timer)->dev);
}

/*
 * No backend for too long: an error the guest sees is better than a guest that hangs without one.
 */
static void on_lost(struct timer *t)
{
    struct blk_disk *disk = container_of(t, struct blk_disk, lost_timer);

    log_error("%s: the backend did not come back; requests fail from now on", disk->name);
    disk->gone = true;
    blk_fail_queue(disk, -EIO);
    waitq_wake_all(&disk->state_wait);
}

static int publish_nodes(struct blk_disk *disk, unsigned order)
{
    struct xenbus_device *dev = &disk->dev;
    const struct granted_pages *ring = &disk->ring_pages;
    int rc;

    if (order == 0) {
        xenbus_remove(dev, "ring-page-order");
        rc = xenbus_write(dev, "ring-ref", "%u", ring->ref[0]);
    } else {
        rc = xenbus_write(dev, "ring-page-order", "%u", order);
        for (unsigned i = 0; rc == 0 && i < 1u << order; i++) {
            char node[16];

            ksnprintf(node, sizeof(node), "ring-ref%u", i);
            rc = xenbus_write(dev, node, "%u", ring->ref[i]);
        }
    }
    if (rc == 0)
        rc = xenbus_write(dev, "event-channel", "%u", disk->port);
    if (rc == 0)
        rc = xenbus_write(dev, "protocol", "%s", PROTOCOL_NAME);
    if (rc == 0)
        rc = xenbus_write(dev, "feature-persistent", "1");
    if (rc == 0)
        rc = xenbus_set_state(dev, XENBUS_INITIALISED);
    return rc;
}

static void publish(struct blk_disk *disk)
{
    uint64_t offered = xenbus_backend_number(&disk->dev, "max-ring-page-order", 0);
    unsigned order = offered < BLK_RING_ORDER_MAX ? (unsigned)offered : BLK_RING_ORDER_MAX;
    int rc = granted_may_grow() ? blk_ring_open(disk, order) : -ENOMEM;

    if (rc == 0) {
        rc = publish_nodes(disk, order);
        if (rc != 0)
            blk_ring_close(disk);
    }
    if (rc != 0) {
        log_warning("%s: cannot connect now: %s; trying again", disk->name, errno_name(rc));
        kick_later(disk, RECONNECT_NS);
        return;
    }
    set_phase(disk, BLK_PUBLISHED);
}

static bool power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* Returns false when the backend's description of the disk makes no sense. */
static bool read_size(struct blk_disk *disk)
{
    uint64_t sectors = xenbus_backend_number(&disk->dev, "sectors", UINT64_MAX);
    uint64_t size;

    if (sectors > INT64_MAX / BLK_SECTOR)
        return false;
    size = sectors * BLK_SECTOR & ~(uint64_t)(disk->sector_size - 1);
    if (disk->ever_connected && size != disk->size)
        log_info("%s: the disk now has %llu bytes", disk->name, (unsigned long long)size);
    disk->size = size;
    return true;
}

static bool read_properties(struct blk_disk *disk)
{
    struct xenbus_device *dev = &disk->dev;
    uint64_t sector = xenbus_backend_number(dev, "sector-size", BLK_SECTOR);
    uint64_t physical;
    uint64_t indirect;

    if (!power_of_two(sector) || sector < BLK_SECTOR || sector > PLAT_PAGE_SIZE)
        return false;
    disk->sector_size = (uint32_t)sector;
    physical = xenbus_backend_number(dev, "physical-sector-size", sector);
    disk->physical_size =
        power_of_two(physical) && physical >= sector && physical <= UINT32_MAX >> 1
            ? (uint32_t)physical
            : disk->sector_size;
    if (!read_size(disk))
        return false;

    disk->readonly = (xenbus_backend_number(dev, "info", 0) & VDISK_READONLY) != 0;
    if (xenbus_backend_number(dev, "feature-flush-cache", 0) != 0)
        disk->flush = BLK_FLUSH_CACHE;
    else if (xenbus_backend_number(dev, "feature-barrier", 0) != 0)
        disk->flush = BLK_FLUSH_BARRIER;
    else
        disk->flush = BLK_FLUSH_NONE;
    disk->can_discard = xenbus_backend_number(dev, "feature-discard", 0) != 0;

    indirect = xenbus_backend_number(dev, "feature-max-indirect-segments", 0);
    disk->max_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
    if (indirect > disk->max_segments)
        disk->max_segments = indirect < BLK_SEGMENTS_MAX ? (uint32_t)indirect : BLK_SEGMENTS_MAX;
    return true;
}

static void go_live(struct blk_disk *disk)
{
    static const char *const flush_names[] = {"no", "barrier", "cache"};

    if (!read_properties(disk)) {
        log_error("%s: the backend's sectors or sector-size make no sense", disk->name);
        disk->phase = BLK_BROKEN;
        xenbus_kick(&disk->dev);
        return;
    }
    if (xenbus_set_state(&disk->dev, XENBUS_CONNECTED) != 0)
        return; /* the directory went away: removed() follows */
    timer_cancel(&disk->lost_timer);
    log_info("%s: %llu MiB%s, backend domain %u, sector %u, %s flush, %u segments", disk->name,
             (unsigned long long)(disk->size >> 20), disk->readonly ? " read-only" : "",
             disk->dev.backend_id, disk->sector_size, flush_names[disk->flush], disk->max_segments);
    disk->ever_connected = true;
    disk->gone = false;
    set_phase(disk, BLK_LIVE);
    blk_ring_pump(disk);
}

/* ---- disconnecting --------------------------------------------------------------------------- */

static bool backend_away(const struct blk_disk *disk)
{
    enum xenbus_state state = disk->dev.backend_state;

    return state == XENBUS_CLOSED || state == XENBUS_UNKNOWN || state == XENBUS_INITIALISING;
}

/*
 * A backend that says Closed has ended in order: what it answered is with its own storage. One that
 * vanishes or begins anew has not, and one that was to end but does not answer may never.
 */
static bool crashed(const struct blk_disk *disk)
{
    if (disk->users == 0)
        return false; /* nobody is there to be told */
    return disk->phase == BLK_BROKEN || (disk->dev.backend_state != XENBUS_CLOSED &&
                                         (disk->phase == BLK_LIVE || blk_ring_in_flight(disk) > 0));
}

static void disconnect(struct blk_disk *disk)
{
    bool was_live = disk->phase != BLK_PUBLISHED;

    if (was_live && crashed(disk))
        blk_ring_crashed(disk);
    set_phase(disk, BLK_WAITING);
    blk_ring_close(disk);
    if (was_live && !disk->gone && disk->users > 0) {
        log_warning("%s: the backend is away; requests wait for it", disk->name);
        timer_set(&disk->lost_timer, plat_monotonic() + LOST_NS);
    }
    if (disk->dev.present)
        (void)xenbus_set_state(&disk->dev, XENBUS_CLOSED);
}

static void begin_close(struct blk_disk *disk)
{
    set_phase(disk, BLK_CLOSING);
    disk->close_by = plat_monotonic() + CLOSE_NS;
    kick_later(disk, CLOSE_NS);
    (void)xenbus_set_state(&disk->dev, XENBUS_CLOSING);
    blk_ring_drain(disk);
}

static void give_up(struct blk_disk *disk)
{
    disk->gone = true;
    disk->broken_count++;
    disconnect(disk);
    blk_fail_queue(disk, -EIO);
}

/* After our Closed: a backend that is still meant to be there waits for us to begin again. */
static void begin_again(struct blk_disk *disk)
{
    if (disk->dev.state != XENBUS_CLOSED || disk->dev.backend_state != XENBUS_CLOSED ||
        disk->broken_count > BROKEN_MAX)
        return;
    if (xenbus_backend_number(&disk->dev, "online", 0) != 0)
        (void)xenbus_set_state(&disk->dev, XENBUS_INITIALISING);
}

/* Has nobody had it open for a while? If not long enough, has another look then. */
static bool unused(struct blk_disk *disk)
{
    uint64_t now = plat_monotonic(), end = disk->unused_since + UNUSED_NS;

    if (disk->users > 0)
        return false;
    if (now < end)
        kick_later(disk, end - now);
    return now >= end;
}

static void changed(struct xenbus_device *dev)
{
    struct blk_disk *disk = container_of(dev, struct blk_disk, dev);
    enum xenbus_state backend = dev->backend_state;

    switch (disk->phase) {
    case BLK_WAITING:
        /* The toolstack takes it away once both ends are Closed, opened or not. */
        if (backend == XENBUS_CLOSING && dev->state != XENBUS_CLOSED)
            (void)xenbus_set_state(dev, XENBUS_CLOSED);
        break;
    case BLK_PUBLISHED:
        if (backend == XENBUS_CONNECTED)
            go_live(disk);
        else if (backend == XENBUS_CLOSING || backend_away(disk))
            disconnect(disk);
        break;
    case BLK_LIVE:
        if (backend == XENBUS_CONNECTED && !read_size(disk))
            log_warning("%s: the backend's new size makes no sense", disk->name);
        else if (backend == XENBUS_CLOSING)
            begin_close(disk);
        else if (backend_away(disk) || backend == XENBUS_INIT_WAIT)
            disconnect(disk);
        break;
    case BLK_CLOSING:
        if (backend_away(disk) || backend == XENBUS_INIT_WAIT || blk_ring_in_flight(disk) == 0 ||
            plat_monotonic() >= disk->close_by)
            disconnect(disk);
        break;
    case BLK_BROKEN:
        give_up(disk);
        break;
    }
    if (disk->phase == BLK_LIVE && unused(disk))
        begin_close(disk);
    if (disk->phase != BLK_WAITING || disk->users == 0)
        return;
    if ((backend == XENBUS_INIT_WAIT || backend == XENBUS_INITIALISED) &&
        disk->broken_count <= BROKEN_MAX)
        publish(disk);
    else
        begin_again(disk);
}

static void removed(struct xenbus_device *dev)
{
    struct blk_disk *disk = container_of(dev, struct blk_disk, dev);

    log_info("%s: removed", disk->name);
    disk->gone = true;
    disk->broken_count = 0; /* what the toolstack adds next is another device */
    if (disk->phase != BLK_WAITING)
        disconnect(disk);
    timer_cancel(&disk->lost_timer);
    timer_cancel(&disk->kick_timer);
    blk_fail_queue(disk, -EIO);
    disk->writes_lost = false;
    disk->flushed = disk->written;
    waitq_wake_all(&disk->state_wait);
}

/* ---- disks ----------------------------------------------------------------------------------- */

static struct xenbus_device *add(struct xenbus_driver *d, uint32_t id)
{
    int index = disk_index(id);
    struct blk_disk *disk;

    (void)d;
    if (index < 0 || index >= BLK_DISKS) {
        log_warning("vbd %u: no name for a disk of this number; ignored", id);
        return NULL;
    }
    disk = disks[index];
    if (disk != NULL && !disk->dev.present) {
        /* Detached, then attached by another number with the same letter: as by the old number. */
        list_remove(&disk->dev.link);
        return &disk->dev;
    }
    if (disk != NULL) {
        log_warning("vbd %u: vbd %u is %s already; ignored", id, disks[index]->dev.id,
                    disks[index]->name);
        return NULL;
    }
    disk = kmalloc_wait(sizeof(*disk), MEM_BLOCK);
    memset(disk, 0, sizeof(*disk));
    ksnprintf(disk->name, sizeof(disk->name), "xvd%c", 'a' + index);
    disk->sector_size = disk->physical_size = BLK_SECTOR;
    disk->max_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
    waitq_init(&disk->state_wait);
    waitq_init(&disk->partial_write_wait);
    list_init(&disk->queue);
    timer_init(&disk->lost_timer, on_lost);
    timer_init(&disk->kick_timer, on_kick);
    disks[index] = disk;
    blk_rump_register(disk);
    return &disk->dev;
}

struct blk_disk *blk_disk_by_name(const char *name, uint64_t deadline)
{
    int index = index_of_name(name);

    if (index < 0)
        return NULL;
    while (disks[index] == NULL && !driver.scanned && plat_monotonic() < deadline)
        (void)waitq_wait(&driver.scanned_wait, deadline);
    return disks[index];
}

int blk_acquire(struct blk_disk *disk, uint64_t deadline)
{
    if (disk->users++ == 0 && disk->phase != BLK_LIVE) {
        /* What became of an earlier connection says nothing of this one. */
        disk->gone = !disk->dev.present;
        xenbus_kick(&disk->dev);
    }
    while (!disk->gone && disk->phase != BLK_LIVE && plat_monotonic() < deadline)
        (void)waitq_wait(&disk->state_wait, deadline);
    if (disk->phase == BLK_LIVE)
        return 0;
    blk_release(disk);
    return -ENXIO;
}

void blk_release(struct blk_disk *disk)
{
    if (--disk->users > 0)
        return;
    disk->unused_since = plat_monotonic();
    timer_cancel(&disk->lost_timer);
    xenbus_kick(&disk->dev);
}

int blkfront_init(void)
{
    driver.type = "vbd";
    driver.add = add;
    driver.changed = changed;
    driver.removed = removed;
    blk_node_init();
    return xenbus_register(&driver);
}

char blk_letter(uint32_t id)
{
    int index = disk_index(id);
    const struct blk_disk *disk = index >= 0 && index < BLK_DISKS ? disks[index] : NULL;

    if (disk == NULL || !disk->dev.present || disk->dev.id != id)
        return '\0';
    switch (disk->dev.backend_state) {
    case XENBUS_INITIALISING:
    case XENBUS_INIT_WAIT:
    case XENBUS_INITIALISED:
    case XENBUS_CONNECTED:
        return (char)('a' + index);
    default: /* it is being taken away, and the one that replaces it is not there yet */
        return '\0';
    }
}

/* ---- properties ------------------------------------------------------------------------------ */

const char *blk_name(const struct blk_disk *disk)
{
    return disk->name;
}

uint64_t blk_size(const struct blk_disk *disk)
{
    return disk->size;
}

uint32_t blk_sector_size(const struct blk_disk *disk)
{
    return disk->sector_size;
}

uint32_t blk_physical_size(const struct blk_disk *disk)
{
    return disk->physical_size;
}

uint32_t blk_max_transfer(const struct blk_disk *disk)
{
    return disk->max_segments << PLAT_PAGE_SHIFT;
}

bool blk_readonly(const struct blk_disk *disk)
{
    return disk->readonly;
}

bool blk_can_discard(const struct blk_disk *disk)
{
    return disk->can_discard;
}
