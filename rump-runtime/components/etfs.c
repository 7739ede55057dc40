/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * etfs.c - host block devices as nodes: rump_pub_etfs_register(). A block node takes transfers of
 * any size and alignment, reading the sectors around the edges; a raw (character) node wants whole
 * sectors, as NetBSD's does. Unlike NetBSD's, fsync reaches the device's write cache.
 */
#include "components/fs.h"

#define SECTOR ((size_t)512)
/* Of one transfer; a buffer is allocated only for odd requests. */
#define BOUNCE_SIZE   ((size_t)64 << 10)
#define ETFS_MAX      32
#define MAJOR_RUMPBLK 197

struct etfs {
    char key[64];
    char host[64];
    bool used, raw;
    uint64_t begin, size;
    unsigned opens;
};

struct etfs_file {
    struct etfs *et;
    int fd;
    bool writable;
};

/* Filled by rump_pub_etfs_register(); nodes point into it. */
static struct etfs table[ETFS_MAX];
static struct rumpuser_mtx *etfs_lock;
static struct rumpuser_cv *etfs_done;

void etfs_init(void)
{
    rumpuser_mutex_init(&etfs_lock, 0);
    rumpuser_cv_init(&etfs_done);
}

static int etfs_open(void *arg, unsigned flags, void **priv)
{
    struct etfs *et = arg;
    bool writable = (flags & NB_O_ACCMODE) != NB_O_RDONLY;
    struct etfs_file *ef = kern_alloc(sizeof(*ef));
    int error;

    if (ef == NULL)
        return NB_ENOMEM;
    error = rumpuser_open(
        et->host, (writable ? RUMPUSER_OPEN_RDWR : RUMPUSER_OPEN_RDONLY) | RUMPUSER_OPEN_BIO,
        &ef->fd);
    if (error != 0) {
        kern_free(ef, sizeof(*ef));
        return error;
    }
    ef->et = et;
    ef->writable = writable;
    et->opens++;
    *priv = ef;
    return 0;
}

static void etfs_close(void *priv)
{
    struct etfs_file *ef = priv;

    (void)rumpuser_close(ef->fd);
    ef->et->opens--;
    kern_free(ef, sizeof(*ef));
}

static uint64_t etfs_size(void *arg)
{
    return ((struct etfs *)arg)->size;
}

/* ---- one transfer of whole sectors ----------------------------------------------------------- */

struct transfer {
    bool done;
    int error;
};

static void transfer_done(void *arg, size_t count, int error)
{
    struct transfer *t = arg;

    (void)count;
    rumpuser_mutex_enter(etfs_lock);
    t->error = error;
    t->done = true;
    rumpuser_cv_broadcast(etfs_done);
    rumpuser_mutex_exit(etfs_lock);
}

static int transfer(struct etfs_file *ef, int op, void *buf, size_t len, uint64_t off)
{
    struct transfer t = {false, 0};

    rumpuser_bio(ef->fd, op, buf, len, (int64_t)(ef->et->begin + off), transfer_done, &t);
    rumpuser_mutex_enter(etfs_lock);
    while (!t.done)
        rumpuser_cv_wait(etfs_done, etfs_lock);
    rumpuser_mutex_exit(etfs_lock);
    return t.error;
}

static int check_place(const struct etfs_file *ef, const struct uio *uio, int64_t off)
{
    if (off < 0)
        return NB_EINVAL;
    if (ef->et->raw && ((uint64_t)off % SECTOR != 0 || uio->resid % SECTOR != 0))
        return NB_EINVAL;
    return 0;
}

/*
 * Through a buffer of whole sectors. The client's own memory is not handed down: a block node may
 * be asked for odd pieces, and the vector may have any shape.
 */
static int etfs_rw(struct etfs_file *ef, struct uio *uio, int64_t *offp, bool write, int op)
{
    struct etfs *et = ef->et;
    int error = check_place(ef, uio, *offp);
    uint64_t off = (uint64_t)*offp;
    size_t total;
    uint8_t *buf;
    size_t bounce;

    if (error != 0 || uio->resid == 0)
        return error;
    if (off >= et->size)
        return write ? NB_ENOSPC : 0;
    bounce = uio->resid > BOUNCE_SIZE - 2 * SECTOR ? BOUNCE_SIZE
                                                   : (uio->resid + 3 * SECTOR - 1) & ~(SECTOR - 1);
    buf = kern_alloc(bounce);
    if (buf == NULL)
        return NB_ENOMEM;
    total = uio->resid;
    while (uio->resid > 0 && off < et->size && error == 0) {
        uint64_t first = off & ~(uint64_t)(SECTOR - 1);
        size_t in = (size_t)(off - first);
        size_t n = uio->resid < bounce - in ? uio->resid : bounce - in;
        size_t len;

        if (n > et->size - off)
            n = (size_t)(et->size - off);
        len = (in + n + SECTOR - 1) & ~(SECTOR - 1);

        if (!write || in != 0 || n % SECTOR != 0)
            error = transfer(ef, RUMPUSER_BIO_READ, buf, len, first);
        if (error != 0)
            break;
        if (write) {
            uio_in(uio, buf + in, n);
            error = transfer(ef, op, buf, len, first);
            if (error != 0)
                uio->resid += n; /* not written after all: only the count matters now */
        } else {
            uio_out(uio, buf + in, n);
        }
        if (error == 0)
            off += n;
    }
    kern_free(buf, bounce);
    *offp = (int64_t)off;
    return uio->resid < total ? 0 : error;
}

static int etfs_read(void *priv, struct uio *uio, int64_t *off)
{
    return etfs_rw(priv, uio, off, false, RUMPUSER_BIO_READ);
}

static int etfs_write(void *priv, struct uio *uio, int64_t *off, unsigned flags)
{
    bool sync = (flags & (NB_O_SYNC | NB_O_DSYNC)) != 0;

    return etfs_rw(priv, uio, off, true,
                   sync ? RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC : RUMPUSER_BIO_WRITE);
}

static int etfs_fsync(void *priv)
{
    struct etfs_file *ef = priv;

    if (!ef->writable)
        return 0;
    return rumpuser_syncfd(ef->fd, RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_SYNC, 0, 0);
}

static int etfs_ioctl(void *priv, unsigned long request, void *arg)
{
    struct etfs_file *ef = priv;

    switch (request) {
    case NB_DIOCGMEDIASIZE:
        *(int64_t *)arg = (int64_t)ef->et->size;
        return 0;
    case NB_DIOCGSECTORSIZE:
        *(unsigned *)arg = SECTOR;
        return 0;
    case NB_DIOCCACHESYNC:
        return etfs_fsync(ef);
    default:
        return NB_ENOTTY;
    }
}

static const struct dev_ops etfs_ops = {
    .open = etfs_open,
    .close = etfs_close,
    .read = etfs_read,
    .write = etfs_write,
    .ioctl = etfs_ioctl,
    .fsync = etfs_fsync,
    .size = etfs_size,
};

/* ---- registration ---------------------------------------------------------------------------- */

static struct etfs *find(const char *key)
{
    for (size_t i = 0; i < ETFS_MAX; i++) {
        if (table[i].used && strcmp(table[i].key, key) == 0)
            return &table[i];
    }
    return NULL;
}

static int etfs_register(const char *key, const char *host, enum rump_etfs_type type,
                         uint64_t begin, uint64_t size)
{
    uint64_t host_size;
    int host_type;
    size_t i = 0;
    struct etfs *et;
    int error;

    if (type != RUMP_ETFS_BLK && type != RUMP_ETFS_CHR)
        return NB_EOPNOTSUPP; /* there is no host file system to show */
    if (strlen(key) >= sizeof(table[0].key) || strlen(host) >= sizeof(table[0].host))
        return NB_ENAMETOOLONG;
    if (find(key) != NULL)
        return NB_EEXIST;
    error = rumpuser_getfileinfo(host, &host_size, &host_type);
    if (error != 0)
        return error;
    if (host_type != RUMPUSER_FT_BLK)
        return NB_ENOTBLK;
    if (begin % SECTOR != 0 || begin > host_size)
        return NB_EINVAL;
    if (size == RUMP_ETFS_SIZE_ENDOFF)
        size = host_size - begin;
    if (size > host_size - begin)
        return NB_EINVAL;
    while (i < ETFS_MAX && table[i].used)
        i++;
    if (i == ETFS_MAX)
        return NB_ENOMEM;
    et = &table[i];
    kstrlcpy(et->key, key, sizeof(et->key));
    kstrlcpy(et->host, host, sizeof(et->host));
    et->raw = type == RUMP_ETFS_CHR;
    et->begin = begin;
    et->size = size & ~(uint64_t)(SECTOR - 1);
    et->opens = 0;
    error = devfs_add(key, (et->raw ? NB_S_IFCHR : NB_S_IFBLK) | 0600, NB_MAKEDEV(MAJOR_RUMPBLK, i),
                      &etfs_ops, et);
    et->used = error == 0;
    return error;
}

int rump_pub_etfs_register(const char *key, const char *hostpath, enum rump_etfs_type type)
{
    return rump_pub_etfs_register_withsize(key, hostpath, type, 0, RUMP_ETFS_SIZE_ENDOFF);
}

int rump_pub_etfs_register_withsize(const char *key, const char *hostpath, enum rump_etfs_type type,
                                    uint64_t begin, uint64_t size)
{
    int error;

    kern_enter();
    error = etfs_register(key, hostpath, type, begin, size);
    kern_leave();
    return error;
}

int rump_pub_etfs_remove(const char *key)
{
    struct lookup *lk;
    struct etfs *et;
    int error;

    kern_enter();
    et = find(key);
    lk = kern_alloc(sizeof(*lk));
    error = et == NULL ? NB_ENOENT : lk == NULL ? NB_ENOMEM : et->opens > 0 ? NB_EBUSY : 0;

    if (error == 0) {
        fs_enter();
        error = fs_lookup(fs_root(), key, 0, lk);
        if (error == 0)
            dir_remove(lk->parent, lk->entry);
        fs_exit();
        et->used = false;
    }
    kern_free(lk, sizeof(*lk));
    kern_leave();
    return error;
}
