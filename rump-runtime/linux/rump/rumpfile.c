/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* rumpfile.c - open files of the rump kernel as files of the Linux layer; pipes. */
#include "linux/rump/rumpfile.h"

#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/rump/ramfile.h"
#include "linux/rump/socket.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

/* ioctls of block devices */
#define BLKROGET     0x125eu
#define BLKGETSIZE   0x1260u
#define BLKFLSBUF    0x1261u
#define BLKSECTGET   0x1267u
#define BLKSSZGET    0x1268u
#define BLKBSZGET    0x80081270u
#define BLKGETSIZE64 0x80081272u

_Static_assert(sizeof(struct kiovec) == sizeof(struct nb_iovec) &&
                   offsetof(struct kiovec, len) == offsetof(struct nb_iovec, iov_len),
               "vectors are handed on as they are");

static const struct nb_iovec *rump_iov(const struct kiovec *iov)
{
    return (const struct nb_iovec *)iov;
}

struct rump_file *rump_file_of(const struct file *f)
{
    return f->ops == &rump_file_ops || f->ops == &rump_stream_ops || f->ops == &rump_path_ops ||
                   f->ops == &ramfile_ops
               ? f->priv
               : NULL;
}

int rump_open_flags(unsigned flags)
{
    static const struct {
        unsigned linux_flag;
        int netbsd_flag;
    } map[] = {
        {O_CREAT, NB_O_CREAT},   {O_EXCL, NB_O_EXCL},           {O_NOCTTY, NB_O_NOCTTY},
        {O_TRUNC, NB_O_TRUNC},   {O_APPEND, NB_O_APPEND},       {O_NONBLOCK, NB_O_NONBLOCK},
        {O_DIRECT, NB_O_DIRECT}, {O_DIRECTORY, NB_O_DIRECTORY}, {O_NOFOLLOW, NB_O_NOFOLLOW},
    };
    int nb = (int)(flags & O_ACCMODE);

    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if ((flags & map[i].linux_flag) != 0)
            nb |= map[i].netbsd_flag;
    }
    if ((flags & O_SYNC) == O_SYNC)
        nb |= NB_O_SYNC;
    else if ((flags & O_DSYNC) != 0)
        nb |= NB_O_DSYNC;
    return nb;
}

/* ---- positions and contents ------------------------------------------------------------------ */

static long file_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct rump_file *rf = f->priv;
    long rc;

    rump_attach();
    if (pos == NULL)
        return rump_result(rump___sysimpl_readv(rf->fd, rump_iov(iov), n));
    rc = rump_result(rump___sysimpl_preadv(rf->fd, rump_iov(iov), n, *pos));
    if (rc > 0)
        *pos += rc;
    return rc;
}

static long file_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct rump_file *rf = f->priv;
    long rc;

    rump_attach();
    if (pos == NULL)
        return rump_result(rump___sysimpl_writev(rf->fd, rump_iov(iov), n));
    rc = rump_result(rump___sysimpl_pwritev(rf->fd, rump_iov(iov), n, *pos));
    if (rc > 0)
        *pos += rc;
    return rc;
}

static int64_t file_seek(struct file *f, int64_t off, int whence)
{
    struct rump_file *rf = f->priv;
    struct nb_stat st;

    rump_attach();
    if (whence != SEEK_DATA && whence != SEEK_HOLE)
        return rump_result(rump___sysimpl_lseek(rf->fd, off, whence));
    /* Holes are not told apart: all is data, the hole is at the end. */
    if (rump___sysimpl_fstat50(rf->fd, &st) != 0)
        return rump_result(-1);
    if (off < 0 || off >= st.st_size)
        return -ENXIO;
    return rump_result(
        rump___sysimpl_lseek(rf->fd, whence == SEEK_DATA ? off : st.st_size, NB_SEEK_SET));
}

void rump_stat_size(struct linux_stat *st, int64_t size)
{
    st->st_size = size;
    st->st_blocks = (size + 511) / 512;
}

void rump_stat_to_linux(const struct nb_stat *from, struct linux_stat *to)
{
    const struct ramfile *ram = ramfile_of(from);

    memset(to, 0, sizeof(*to));
    to->st_dev = LINUX_MKDEV(NB_MAJOR(from->st_dev), NB_MINOR(from->st_dev));
    to->st_ino = from->st_ino;
    to->st_nlink = from->st_nlink;
    to->st_mode = from->st_mode;
    to->st_uid = from->st_uid;
    to->st_gid = from->st_gid;
    to->st_rdev = LINUX_MKDEV(NB_MAJOR(from->st_rdev), NB_MINOR(from->st_rdev));
    to->st_size = from->st_size;
    to->st_blksize = from->st_blksize;
    to->st_blocks = from->st_blocks;
    to->st_atim = (struct linux_timespec){from->st_atim.tv_sec, from->st_atim.tv_nsec};
    to->st_mtim = (struct linux_timespec){from->st_mtim.tv_sec, from->st_mtim.tv_nsec};
    to->st_ctim = (struct linux_timespec){from->st_ctim.tv_sec, from->st_ctim.tv_nsec};
    /* Linux shows no size for what has no contents of its own. */
    if ((from->st_mode & NB_S_IFMT) == NB_S_IFIFO || (from->st_mode & NB_S_IFMT) == NB_S_IFBLK ||
        (from->st_mode & NB_S_IFMT) == NB_S_IFCHR)
        to->st_size = to->st_blocks = 0;
    if (ram != NULL)
        rump_stat_size(to, ramfile_size(ram));
}

static long file_stat(struct file *f, struct linux_stat *st)
{
    struct rump_file *rf = f->priv;
    struct nb_stat nb;

    rump_attach();
    if (rump___sysimpl_fstat50(rf->fd, &nb) != 0)
        return rump_result(-1);
    rump_stat_to_linux(&nb, st);
    return 0;
}

static long file_fsync(struct file *f, bool data_only)
{
    struct rump_file *rf = f->priv;

    long rc;

    rump_attach();
    rc = rump_result(data_only ? rump___sysimpl_fdatasync(rf->fd) : rump___sysimpl_fsync(rf->fd));
    return rc == 0 && rump_mounts_flush != NULL ? rump_mounts_flush() : rc;
}

static long file_truncate(struct file *f, int64_t size)
{
    rump_attach();
    return rump_result(rump___sysimpl_ftruncate(((struct rump_file *)f->priv)->fd, size));
}

static long file_fallocate(struct file *f, int mode, int64_t off, int64_t len)
{
    struct rump_file *rf = f->priv;
    int error;

    if (mode != 0)
        return -EOPNOTSUPP; /* NetBSD has the plain form only */
    rump_attach();
    error = rump___sysimpl_posix_fallocate(rf->fd, off, len);
    return error == 0 ? 0 : -rump_errno_to_linux(error);
}

/* ---- ioctl ----------------------------------------------------------------------------------- */

static long block_size64(struct rump_file *rf, uint64_t *size)
{
    return rump_result(rump___sysimpl_ioctl(rf->fd, NB_DIOCGMEDIASIZE, size));
}

static long block_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    struct rump_file *rf = f->priv;
    uint64_t size;
    long rc = block_size64(rf, &size);

    if (rc < 0)
        return -ENOTTY;
    switch (request) {
    case BLKGETSIZE64:
        return put_user_u64(arg, size);
    case BLKGETSIZE:
        return put_user_u64(arg, size / 512);
    case BLKSSZGET:
        return put_user_u32(arg, 512);
    case BLKBSZGET:
        return put_user_u32(arg, 512);
    case BLKROGET:
        return put_user_u32(arg, (f->flags & O_ACCMODE) == O_RDONLY);
    case BLKSECTGET: {
        uint16_t sectors = 128; /* 64 KiB, the piece NetBSD and the bundled kernel move at once */

        return copy_to_user(arg, &sectors, sizeof(sectors));
    }
    case BLKFLSBUF:
        return 0;
    default:
        return -ENOTTY;
    }
}

static long file_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    struct rump_file *rf = f->priv;
    int n;
    long rc;

    rump_attach();
    if (request != FIONREAD)
        return rf->is_socket ? -ENOTTY : block_ioctl(f, request, arg);
    rc = rump_result(rump___sysimpl_ioctl(rf->fd, NB_FIONREAD, &n));
    return rc < 0 ? rc : put_user_u32(arg, (uint32_t)n);
}

/* ---- streams --------------------------------------------------------------------------------- */

long rump_receive_result(const struct rump_file *rf, long result)
{
    bool local_stream = rf->is_socket && rf->domain == AF_UNIX && rf->type == SOCK_STREAM;

    return result == -ENOTCONN && local_stream ? -EINVAL : result;
}

static long stream_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct rump_file *rf = f->priv;
    uint64_t deadline = rump_deadline(rf->receive_timeout);

    if (pos != NULL)
        return -ESPIPE;
    for (;;) {
        long rc;

        rump_attach();
        rc = rump_result(rump___sysimpl_readv(rf->fd, rump_iov(iov), n));
        if (rc != -EAGAIN || (f->flags & O_NONBLOCK) != 0) {
            if (rc == -EAGAIN || (rc > 0 && (size_t)rc < kiovec_size(iov, n)))
                rump_poll_again(rf, NB_POLLIN | NB_POLLRDNORM);
            return rump_receive_result(rf, rc);
        }
        rc = rump_wait_ready(rf, NB_POLLIN | NB_POLLRDNORM, deadline);
        if (rc < 0)
            return rc;
    }
}

/* One attempt from the place on, which moves over what was taken. */
static long write_step(struct rump_file *rf, struct iov_cursor *from)
{
    long rc;

    if (from->at > 0) { /* the rest of an element, by itself: the vector is not ours to change */
        struct kiovec piece = iov_piece(from, SIZE_MAX);

        rc = rump_result(rump___sysimpl_write(rf->fd, piece.base, piece.len));
    } else if (from->n > 0) {
        rc = rump_result(rump___sysimpl_writev(rf->fd, rump_iov(from->iov), from->n));
    } else {
        rc = rump_result(rump___sysimpl_write(rf->fd, "", 0));
    }
    if (rc > 0)
        iov_skip(from, (size_t)rc);
    return rc;
}

long rump_stream_write(struct rump_file *rf, struct iov_cursor from, bool nonblock)
{
    uint64_t deadline = rump_deadline(rf->send_timeout);
    size_t total = kiovec_size(from.iov, from.n) - from.at, done = 0;

    rump_attach();
    for (;;) {
        long rc = write_step(rf, &from);

        if (rc >= 0) {
            done += (size_t)rc;
            if (done < total && nonblock)
                rump_poll_again(rf, NB_POLLOUT);
            if (done >= total || nonblock)
                return (long)done;
            continue;
        }
        if (rc == -EAGAIN && nonblock)
            rump_poll_again(rf, NB_POLLOUT);
        if (rc == -EAGAIN && !nonblock)
            rc = rump_wait_writable(rf, false, deadline);
        if (rc < 0)
            return done > 0 ? (long)done : rc;
    }
}

static long stream_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct rump_file *rf = f->priv;

    if (pos != NULL)
        return -ESPIPE;
    return rump_stream_write(rf, iov_begin(iov, n), (f->flags & O_NONBLOCK) != 0);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void file_flags_changed(struct file *f)
{
    struct rump_file *rf = f->priv;

    rump_attach();
    (void)rump___sysimpl_fcntl(
        rf->fd, NB_F_SETFL,
        (void *)(intptr_t)(rump_open_flags(f->flags) &
                           (NB_O_APPEND | NB_O_NONBLOCK | NB_O_SYNC | NB_O_DSYNC)));
}

static void file_release(struct file *f)
{
    struct rump_file *rf = f->priv;

    rump_attach();
    (void)rump___sysimpl_close(rf->fd);
    kfree(rf);
}

static void stream_release(struct file *f)
{
    struct rump_file *rf = f->priv;
    void (*closed)(void) = rf->closed;

    rump_attach();
    rump_poll_release(rf);
    file_release(f);
    if (closed != NULL)
        closed();
}

const struct file_ops rump_file_ops = {
    .name = "file",
    .readv = file_readv,
    .writev = file_writev,
    .ioctl = file_ioctl,
    .seek = file_seek,
    .stat = file_stat,
    .fsync = file_fsync,
    .truncate = file_truncate,
    .fallocate = file_fallocate,
    .flags_changed = file_flags_changed,
    .release = file_release,
};

const struct file_ops rump_path_ops = {
    .name = "path",
    .stat = file_stat,
    .release = file_release,
};

const struct file_ops rump_stream_ops = {
    .name = "stream",
    .readv = stream_readv,
    .writev = stream_writev,
    .ioctl = file_ioctl,
    .poll = rump_poll,
    .stat = file_stat,
    .release = stream_release,
};

int rump_file_create(const struct file_ops *ops, int fd, unsigned flags, struct file **fp)
{
    struct rump_file *rf = kzalloc(sizeof(*rf), MEM_LINUX);
    struct file *f =
        rf == NULL ? NULL : file_create(ops, rf, flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY));

    if (f == NULL) {
        kfree(rf);
        (void)rump___sysimpl_close(fd);
        return -ENOMEM;
    }
    rf->fd = fd;
    f->has_pos = ops == &ramfile_ops;
    if (ops == &rump_stream_ops) {
        rump_poll_init(rf);
        f->wakes_late = !rf->has_hook;
    }
    *fp = f;
    return 0;
}

long rump_file_install(const struct file_ops *ops, int fd, unsigned flags, bool cloexec,
                       struct file **fp)
{
    struct file *f;
    int rc = rump_file_create(ops, fd, flags, &f);

    if (rc < 0)
        return rc;
    if (fp != NULL)
        *fp = f;
    rc = fd_install(f, 0, cloexec);
    if (rc < 0)
        file_unref(f);
    return rc;
}

/* ---- pipes ----------------------------------------------------------------------------------- */

long sys_pipe2(uintptr_t ufds, unsigned flags)
{
    int rump_fds[2], fds[2];
    long rc;
    bool cloexec;

    if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0)
        return -EINVAL;
    if ((flags & O_DIRECT) != 0)
        return -EINVAL; /* packet mode: NetBSD has none */
    rump_attach();
    rc = rump_result(rump___sysimpl_pipe2(rump_fds, NB_O_NONBLOCK));
    if (rc < 0)
        return rc;
    cloexec = (flags & O_CLOEXEC) != 0;
    rc = rump_file_install(&rump_stream_ops, rump_fds[0], O_RDONLY | (flags & O_NONBLOCK), cloexec,
                           NULL);
    if (rc < 0) {
        (void)rump___sysimpl_close(rump_fds[1]);
        return rc;
    }
    fds[0] = (int)rc;
    rc = rump_file_install(&rump_stream_ops, rump_fds[1], O_WRONLY | (flags & O_NONBLOCK), cloexec,
                           NULL);
    if (rc < 0) {
        fd_close(fds[0]);
        return rc;
    }
    fds[1] = (int)rc;
    rc = copy_to_user(ufds, fds, sizeof(fds));
    if (rc < 0) {
        fd_close(fds[0]);
        fd_close(fds[1]);
    }
    return rc;
}

long sys_pipe(uintptr_t ufds)
{
    return sys_pipe2(ufds, 0);
}

long sys_sync(void)
{
    rump_attach();
    rump___sysimpl_sync();
    return 0;
}
