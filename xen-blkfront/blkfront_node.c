/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /dev/xvd<letter>: block devices as Linux programs know them (<linux/fs.h> ioctl numbers). Any
 * byte range may be read and written; what is not whole sectors goes through a bounce buffer, read
 * first when it is written. A node that was opened with O_DIRECT takes what Linux takes then: whole
 * sectors, in memory that is aligned.
 */
#include "blkfront_internal.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "linux/abi.h"
#include "linux/file.h"
#include "linux/uaccess.h"

/* All opens together wait BLK_OPEN_NS for their disks. Each gets a little of its own. */
#define OPEN_LEAST_NS UINT64_C(200000000)
#define OPEN_PAUSE_NS UINT64_C(10000000000) /* after so long the next open begins anew */

#define DIRECT_ALIGN 512u /* of memory, as most disks of Linux have it */

#define BLK_MAJOR 202u /* xvd, as registered for Linux */

#define BLKROGET         0x125eu
#define BLKGETSIZE       0x1260u
#define BLKFLSBUF        0x1261u
#define BLKSECTGET       0x1267u
#define BLKSSZGET        0x1268u
#define BLKBSZGET        0x80081270u
#define BLKGETSIZE64     0x80081272u
#define BLKDISCARD       0x1277u
#define BLKIOMIN         0x1278u
#define BLKIOOPT         0x1279u
#define BLKALIGNOFF      0x127au
#define BLKPBSZGET       0x127bu
#define BLKDISCARDZEROES 0x127cu
#define BLKROTATIONAL    0x127eu
#define BLKZEROOUT       0x127fu

/* data: .iov NULL where the operation has none. */
static int transfer(struct blk_disk *disk, enum blk_op op, uint64_t off, uint64_t len,
                    struct iov_cursor data)
{
    struct blk_io io = {.op = op, .offset = off, .len = len, .data = data};

    return blk_submit_wait(disk, &io);
}

/* n bytes inside one sector. The vector is only touched when the disk has answered. */
static int partial_sector(struct blk_disk *disk, uint32_t sector, bool write, uint64_t off,
                          size_t n, struct iov_cursor data)
{
    size_t inside = off & (sector - 1);
    char *buf = kmalloc_wait(sector, MEM_BLOCK);
    struct kiovec whole = {.base = buf, .len = sector};
    struct iov_cursor bounce = iov_begin(&whole, 1);
    int rc;

    while (write && disk->partial_write)
        (void)waitq_wait(&disk->partial_write_wait, NO_DEADLINE);
    if (write)
        disk->partial_write = true;
    rc = transfer(disk, BLK_READ, off - inside, sector, bounce);
    if (rc == 0 && !write)
        iov_write(&data, buf + inside, n);
    if (rc == 0 && write) {
        iov_read(&data, buf + inside, n);
        rc = transfer(disk, BLK_WRITE, off - inside, sector, bounce);
    }
    if (write) {
        disk->partial_write = false;
        waitq_wake_one(&disk->partial_write_wait);
    }
    kfree(buf);
    return rc;
}

/*
 * Transfers len > 0 bytes inside the disk: head sector, whole sectors, tail sector. Bytes done or
 * an error.
 */
static long transfer_bytes(struct blk_disk *disk, bool write, uint64_t off, size_t len,
                           struct iov_cursor data)
{
    size_t done = 0;

    while (done < len) {
        uint32_t sector = blk_sector_size(disk); /* may change with the backend */
        size_t left = len - done, inside = (off + done) & (sector - 1), n;
        int rc;

        if (inside != 0 || left < sector) {
            n = left < sector - inside ? left : sector - inside;
            rc = partial_sector(disk, sector, write, off + done, n, data);
        } else {
            n = left & ~(size_t)(sector - 1);
            rc = transfer(disk, write ? BLK_WRITE : BLK_READ, off + done, n, data);
        }
        if (rc != 0)
            return done > 0 ? (long)done : rc;
        done += n;
        iov_skip(&data, n);
    }
    return (long)done;
}

/* ---- file operations ------------------------------------------------------------------------- */

static bool whole_sectors(const struct blk_disk *disk, int64_t pos, size_t len)
{
    return (((uint64_t)pos | len) & (blk_sector_size(disk) - 1)) == 0;
}

/* Does the file take such a transfer? */
static bool aligned(const struct file *f, const struct kiovec *iov, int n, int64_t pos)
{
    if ((f->flags & O_DIRECT) == 0)
        return true;
    for (int i = 0; i < n; i++) {
        if (((uintptr_t)iov[i].base & (DIRECT_ALIGN - 1)) != 0 ||
            !whole_sectors(f->priv, pos, iov[i].len))
            return false;
    }
    return true;
}

static long node_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct blk_disk *disk = f->priv;
    uint64_t size = blk_size(disk);
    size_t len = kiovec_size(iov, n);
    long rc;

    if (*pos < 0 || !aligned(f, iov, n, *pos))
        return -EINVAL;
    if ((uint64_t)*pos >= size || len == 0)
        return 0;
    if (len > size - (uint64_t)*pos)
        len = size - (uint64_t)*pos;
    rc = transfer_bytes(disk, false, (uint64_t)*pos, len, iov_begin(iov, n));
    if (rc > 0)
        *pos += rc;
    return rc;
}

static long flush(struct blk_disk *disk)
{
    return transfer(disk, BLK_FLUSH, 0, 0, (struct iov_cursor){0});
}

static long node_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct blk_disk *disk = f->priv;
    uint64_t size = blk_size(disk);
    size_t len = kiovec_size(iov, n);
    long rc;

    if (*pos < 0 || !aligned(f, iov, n, *pos))
        return -EINVAL;
    if (len == 0)
        return 0;
    if ((uint64_t)*pos >= size)
        return -ENOSPC;
    if (len > size - (uint64_t)*pos)
        len = size - (uint64_t)*pos;
    rc = transfer_bytes(disk, true, (uint64_t)*pos, len, iov_begin(iov, n));
    if (rc > 0 && (f->flags & O_DSYNC) != 0) {
        long flushed = flush(disk);

        if (flushed != 0)
            return flushed;
    }
    if (rc > 0)
        *pos += rc;
    return rc;
}

static int64_t node_seek(struct file *f, int64_t off, int whence)
{
    int64_t size = (int64_t)blk_size(f->priv), base;

    switch (whence) {
    case SEEK_SET:
        base = 0;
        break;
    case SEEK_CUR:
        base = f->pos;
        break;
    case SEEK_END:
        base = size;
        break;
    case SEEK_DATA: /* no holes are known */
        return off < 0 || off >= size ? -ENXIO : (f->pos = off);
    case SEEK_HOLE:
        return off < 0 || off >= size ? -ENXIO : (f->pos = size);
    default:
        return -EINVAL;
    }
    if (__builtin_add_overflow(base, off, &off) || off < 0)
        return -EINVAL;
    f->pos = off;
    return off;
}

static void fill_stat(const struct blk_disk *disk, struct linux_stat *st)
{
    uint32_t minor = (uint32_t)(blk_name(disk)[3] - 'a') << 4;

    memset(st, 0, sizeof(*st));
    st->st_ino = 0x10000u + minor;
    st->st_nlink = 1;
    st->st_mode = S_IFBLK | 0660;
    st->st_rdev = LINUX_MKDEV(BLK_MAJOR, minor);
    st->st_blksize = PLAT_PAGE_SIZE;
}

static long node_stat(struct file *f, struct linux_stat *st)
{
    fill_stat(f->priv, st);
    return 0;
}

static long node_fsync(struct file *f, bool data_only)
{
    (void)data_only;
    return flush(f->priv);
}

static void request_done(struct blk_io *io, int status)
{
    struct file_request *r = io->arg;

    r->done(r, status == 0 ? (long)io->len : status);
}

/* What is not whole sectors inside the disk, or has to be flushed at once, takes several steps. */
static bool node_start(struct file *f, struct file_request *r)
{
    struct blk_disk *disk = f->priv;
    struct blk_io *io = (struct blk_io *)(void *)r->room;
    size_t len = kiovec_size(r->iov, r->n);

    _Static_assert(sizeof(*io) <= FILE_REQUEST_ROOM, "a request of ours fits");
    *io = (struct blk_io){.op = BLK_FLUSH, .done = request_done, .arg = r};
    if (r->op != FILE_SYNC) {
        if (len == 0 || r->pos < 0 || !whole_sectors(disk, r->pos, len) ||
            (uint64_t)r->pos >= blk_size(disk) || !aligned(f, r->iov, r->n, r->pos) ||
            (r->op == FILE_WRITE && (f->flags & O_DSYNC) != 0))
            return false;
        if (len > blk_size(disk) - (uint64_t)r->pos)
            len = blk_size(disk) - (uint64_t)r->pos;
        io->op = r->op == FILE_READ ? BLK_READ : BLK_WRITE;
        io->offset = (uint64_t)r->pos;
        io->len = len;
        io->data = iov_begin(r->iov, r->n);
    }
    return blk_queue(disk, io) == 0;
}

static void node_push(struct file *f)
{
    blk_push(f->priv);
}

static unsigned node_poll(struct file *f, struct poll_table *pt)
{
    (void)f, (void)pt; /* as for regular files: never waits */
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

/* BLKDISCARD and BLKZEROOUT: argument is { start, length } in bytes, whole sectors. */
static long range_ioctl(struct file *f, enum blk_op op, unsigned long arg)
{
    struct blk_disk *disk = f->priv;
    uint64_t range[2], size = blk_size(disk);
    long rc;

    if ((f->flags & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    rc = copy_from_user(range, arg, sizeof(range));
    if (rc != 0)
        return rc;
    if (((range[0] | range[1]) & (blk_sector_size(disk) - 1)) != 0 || range[0] > size ||
        range[1] > size - range[0])
        return -EINVAL;
    if (op == BLK_DISCARD && !blk_can_discard(disk))
        return -EOPNOTSUPP;
    return range[1] == 0 ? 0 : transfer(disk, op, range[0], range[1], (struct iov_cursor){0});
}

static int put_user_u16(unsigned long arg, uint16_t value)
{
    return copy_to_user(arg, &value, sizeof(value));
}

static long node_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    struct blk_disk *disk = f->priv;
    uint64_t size = blk_size(disk);

    switch (request) {
    case BLKGETSIZE64:
        return put_user_u64(arg, size);
    case BLKGETSIZE:
        return put_user_u64(arg, size / BLK_SECTOR);
    case BLKSSZGET:
        return put_user_u32(arg, blk_sector_size(disk));
    case BLKBSZGET:
        return put_user_u32(arg, PLAT_PAGE_SIZE);
    case BLKPBSZGET:
    case BLKIOMIN:
        return put_user_u32(arg, blk_physical_size(disk));
    case BLKIOOPT:
        return put_user_u32(arg, blk_max_transfer(disk));
    case BLKALIGNOFF:
    case BLKDISCARDZEROES:
        return put_user_u32(arg, 0);
    case BLKROGET:
        return put_user_u32(arg, blk_readonly(disk));
    case BLKSECTGET:
        return put_user_u16(arg, (uint16_t)(blk_max_transfer(disk) / BLK_SECTOR));
    case BLKROTATIONAL:
        return put_user_u16(arg, 0);
    case BLKFLSBUF:
        return flush(disk); /* nothing is cached here */
    case BLKDISCARD:
        return range_ioctl(f, BLK_DISCARD, arg);
    case BLKZEROOUT:
        return range_ioctl(f, BLK_WRITE, arg);
    default:
        return -ENOTTY;
    }
}

static void node_release(struct file *f)
{
    blk_release(f->priv);
}

static const struct file_ops node_ops = {
    .name = "xvd",
    .readv = node_readv,
    .writev = node_writev,
    .ioctl = node_ioctl,
    .poll = node_poll,
    .seek = node_seek,
    .stat = node_stat,
    .fsync = node_fsync,
    .start = node_start,
    .push = node_push,
    .release = node_release,
};

/* ---- the node -------------------------------------------------------------------------------- */

static struct {
    uint64_t left;  /* of BLK_OPEN_NS */
    uint64_t ended; /* when the last wait did */
} patience;

/* When a wait that begins now has to end. */
static uint64_t patience_begin(uint64_t now)
{
    if (patience.ended == 0 || now > patience.ended + OPEN_PAUSE_NS)
        patience.left = BLK_OPEN_NS;
    return now + (patience.left > OPEN_LEAST_NS ? patience.left : OPEN_LEAST_NS);
}

static void patience_end(uint64_t began)
{
    uint64_t now = plat_monotonic(), spent = now - began;

    patience.left = patience.left > spent ? patience.left - spent : 0;
    patience.ended = now;
}

static struct blk_disk *disk_of(const char *rest, uint64_t deadline)
{
    char name[8];

    if (ksnprintf(name, sizeof(name), "xvd%s", rest) >= (int)sizeof(name))
        return NULL;
    return blk_disk_by_name(name, deadline);
}

static int node_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    uint64_t start = plat_monotonic(), deadline = patience_begin(start);
    struct blk_disk *disk = disk_of(rest, deadline);
    int rc = -ENOENT;

    (void)d;
    if (disk != NULL)
        rc = blk_acquire(disk, deadline);
    patience_end(start);
    if (disk == NULL)
        return rc;
    if (rc != 0) {
        log_error("%s: not connected (backend state %d); open fails", blk_name(disk),
                  (int)disk->dev.backend_state);
        return rc;
    }
    if ((flags & O_ACCMODE) != O_RDONLY && blk_readonly(disk)) {
        blk_release(disk);
        return -EACCES;
    }
    log_debug("%s: opened after %u ms", blk_name(disk),
              (unsigned)((plat_monotonic() - start) / 1000000));
    *file = file_create(&node_ops, disk, flags);
    if (*file == NULL) {
        blk_release(disk);
        return -ENOMEM;
    }
    (*file)->has_pos = true;
    return 0;
}

static int node_stat_path(struct device *d, const char *rest, struct linux_stat *st)
{
    uint64_t start = plat_monotonic();
    struct blk_disk *disk = disk_of(rest, patience_begin(start));

    (void)d;
    patience_end(start);
    if (disk == NULL)
        return -ENOENT;
    fill_stat(disk, st);
    return 0;
}

void blk_node_init(void)
{
    static struct device device = {
        .path = "/dev/xvd",
        .prefix = true,
        .open = node_open,
        .stat = node_stat_path,
    };

    device_register(&device);
}
