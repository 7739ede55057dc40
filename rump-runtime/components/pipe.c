/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pipe.c - pipes. The buffer starts with one page and doubles up to 64 KiB, so that the many pipes
 * that only carry wake-up bytes stay small. Writes up to one page are atomic.
 */
#include "components/kern.h"

#define PIPE_FIRST_SIZE KERN_PAGE_SIZE
#define PIPE_MAX_SIZE   ((size_t)64 << 10)
#define PIPE_ATOMIC     KERN_PAGE_SIZE

struct pipe {
    uint8_t *buf; /* ring; NULL until the first write */
    size_t size, head, count;
    unsigned readers, writers; /* open ends: 0 or 1 */
    struct selinfo read_sel, write_sel;
    uint64_t ino;
    struct nb_timespec born;
};

/*
 * One lock and one condition for all pipes: with one virtual CPU contention does not exist, and
 * clients that wait elsewhere (linux/rump/rumpfile.c) never sleep here.
 */
static struct rumpuser_mtx *pipe_lock;
static struct rumpuser_cv *pipe_change;
static uint64_t next_ino = 1;

void pipe_init(void)
{
    rumpuser_mutex_init(&pipe_lock, 0);
    rumpuser_cv_init(&pipe_change);
}

static void changed(struct selinfo *sel)
{
    rumpuser_cv_broadcast(pipe_change);
    selnotify(sel);
}

static int pipe_read(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock)
{
    struct pipe *p = f->data;
    int error = 0;
    bool took;

    (void)off;
    if (uio->resid == 0)
        return 0;
    rumpuser_mutex_enter(pipe_lock);
    while (p->count == 0 && p->writers > 0) {
        if (nonblock) {
            error = NB_EAGAIN;
            break;
        }
        rumpuser_cv_wait(pipe_change, pipe_lock);
    }
    took = false;
    while (p->count > 0 && uio->resid > 0) {
        size_t n = p->size - p->head;

        n = n < p->count ? n : p->count;
        n = n < uio->resid ? n : uio->resid;
        uio_out(uio, p->buf + p->head, n);
        p->head = (p->head + n) % p->size;
        p->count -= n;
        took = true;
    }
    if (took)
        changed(&p->write_sel);
    rumpuser_mutex_exit(pipe_lock);
    return error;
}

/* Double the buffer; false when it is at its limit or memory is short. */
static bool pipe_grow(struct pipe *p)
{
    size_t size = p->buf == NULL ? PIPE_FIRST_SIZE : p->size * 2;
    uint8_t *buf;

    if (size > PIPE_MAX_SIZE)
        return false;
    buf = kern_alloc(size);
    if (buf == NULL)
        return false;
    if (p->buf != NULL) {
        size_t first = p->size - p->head < p->count ? p->size - p->head : p->count;

        memcpy(buf, p->buf + p->head, first);
        memcpy(buf + first, p->buf, p->count - first);
        kern_free(p->buf, p->size);
    }
    p->buf = buf;
    p->size = size;
    p->head = 0;
    return true;
}

static void pipe_put(struct pipe *p, struct uio *uio, size_t n)
{
    while (n > 0) {
        size_t tail = (p->head + p->count) % p->size;
        size_t step = p->size - tail < n ? p->size - tail : n;

        uio_in(uio, p->buf + tail, step);
        p->count += step;
        n -= step;
    }
}

static int pipe_write(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock)
{
    struct pipe *p = f->data;
    size_t total = uio->resid;
    int error = 0;

    (void)off;
    if (total == 0)
        return 0;
    rumpuser_mutex_enter(pipe_lock);
    while (uio->resid > 0 && error == 0) {
        /* What has to go in at once. */
        size_t need = total <= PIPE_ATOMIC ? uio->resid : 1;
        size_t room;

        if (p->readers == 0) {
            error = NB_EPIPE;
            break;
        }
        while (p->size - p->count < need ||
               (p->size - p->count < uio->resid && p->size < PIPE_MAX_SIZE)) {
            if (!pipe_grow(p))
                break;
        }
        room = p->size - p->count;
        if (room >= need) {
            pipe_put(p, uio, room < uio->resid ? room : uio->resid);
            changed(&p->read_sel);
        } else if (p->buf == NULL) {
            error = NB_ENOMEM;
        } else if (nonblock) {
            error = NB_EAGAIN;
        } else {
            rumpuser_cv_wait(pipe_change, pipe_lock);
        }
    }
    rumpuser_mutex_exit(pipe_lock);
    return uio->resid < total ? 0 : error;
}

static unsigned pipe_read_poll(struct kfile *f, unsigned events, struct poller *poller)
{
    struct pipe *p = f->data;
    unsigned ready = 0;

    if (p->count > 0)
        ready |= NB_POLLIN | NB_POLLRDNORM;
    if (p->writers == 0)
        ready |= NB_POLLHUP | NB_POLLIN | NB_POLLRDNORM;
    selrecord(&p->read_sel, poller);
    return ready & events;
}

static unsigned pipe_write_poll(struct kfile *f, unsigned events, struct poller *poller)
{
    struct pipe *p = f->data;
    unsigned ready = 0;

    if (p->readers == 0)
        ready |= NB_POLLHUP;
    else if (PIPE_MAX_SIZE - p->count >= PIPE_ATOMIC)
        ready |= NB_POLLOUT;
    selrecord(&p->write_sel, poller);
    return ready & events;
}

static int pipe_ioctl(struct kfile *f, unsigned long request, void *arg)
{
    struct pipe *p = f->data;

    if (request != NB_FIONREAD)
        return NB_ENOTTY;
    *(int *)arg = (int)p->count;
    return 0;
}

static int pipe_stat(struct kfile *f, struct nb_stat *st)
{
    struct pipe *p = f->data;

    memset(st, 0, sizeof(*st));
    st->st_mode = NB_S_IFIFO | 0600;
    st->st_ino = p->ino;
    st->st_nlink = 1;
    st->st_size = (int64_t)p->count;
    st->st_blksize = (int32_t)KERN_PAGE_SIZE;
    st->st_atim = st->st_mtim = st->st_ctim = st->st_birthtim = p->born;
    return 0;
}

static void pipe_release(struct pipe *p)
{
    if (p->readers > 0 || p->writers > 0)
        return;
    kern_free(p->buf, p->size);
    kern_free(p, sizeof(*p));
}

static void pipe_read_close(struct kfile *f)
{
    struct pipe *p = f->data;

    p->readers = 0;
    seldestroy(&p->read_sel);
    changed(&p->write_sel);
    pipe_release(p);
}

static void pipe_write_close(struct kfile *f)
{
    struct pipe *p = f->data;

    p->writers = 0;
    seldestroy(&p->write_sel);
    changed(&p->read_sel);
    pipe_release(p);
}

static struct selinfo *pipe_read_selinfo(struct kfile *f)
{
    return &((struct pipe *)f->data)->read_sel;
}

static struct selinfo *pipe_write_selinfo(struct kfile *f)
{
    return &((struct pipe *)f->data)->write_sel;
}

static int wrong_end(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock)
{
    (void)f;
    (void)uio;
    (void)off;
    (void)nonblock;
    return NB_EBADF;
}

static const struct kfile_ops read_ops = {
    .read = pipe_read,
    .write = wrong_end,
    .ioctl = pipe_ioctl,
    .stat = pipe_stat,
    .poll = pipe_read_poll,
    .selinfo = pipe_read_selinfo,
    .close = pipe_read_close,
};

static const struct kfile_ops write_ops = {
    .read = wrong_end,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .stat = pipe_stat,
    .poll = pipe_write_poll,
    .selinfo = pipe_write_selinfo,
    .close = pipe_write_close,
};

int pipe_create(unsigned flags, struct kfile **readp, struct kfile **writep)
{
    struct pipe *p = kern_alloc(sizeof(*p));
    int error;

    if (p == NULL)
        return NB_ENOMEM;
    selinit(&p->read_sel);
    selinit(&p->write_sel);
    p->ino = next_ino++;
    p->born = kern_now();
    error = kfile_create(&read_ops, p, NB_O_RDONLY | flags, readp);
    if (error != 0) {
        kern_free(p, sizeof(*p));
        return error;
    }
    p->readers = 1;
    error = kfile_create(&write_ops, p, NB_O_WRONLY | flags, writep);
    if (error != 0)
        kfile_put(*readp); /* frees the pipe */
    else
        p->writers = 1;
    return error;
}
