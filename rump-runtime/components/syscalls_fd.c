/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* syscalls_fd.c - client calls on descriptors. */
#include "components/fs.h"

/* ---- reading and writing --------------------------------------------------------------------- */

/* off == NULL: at the file's own position. */
static intptr_t transfer(int fd, const struct nb_iovec *iov, int cnt, const int64_t *off,
                         bool write)
{
    struct kfile *f;
    struct uio uio;
    size_t total = 0;
    int error;
    unsigned mode;

    kern_enter();
    error = kfd_get(fd, &f);
    if (error != 0)
        return kern_return(error, -1);
    mode = f->flags & NB_O_ACCMODE;
    if (mode == (write ? NB_O_RDONLY : NB_O_WRONLY))
        error = NB_EBADF;
    else if (off != NULL && !f->seekable)
        error = NB_ESPIPE;
    else if (off != NULL && *off < 0)
        error = NB_EINVAL;
    else
        error = uio_init(&uio, iov, cnt);
    if (error == 0) {
        int64_t at = off != NULL ? *off : f->off;
        bool nonblock = (f->flags & NB_O_NONBLOCK) != 0;

        total = uio.resid;
        error =
            write ? f->ops->write(f, &uio, &at, nonblock) : f->ops->read(f, &uio, &at, nonblock);
        total -= uio.resid;
        if (off == NULL && f->seekable)
            f->off = at;
    }
    kfile_put(f);
    return kern_return(error, (intptr_t)total);
}

intptr_t rump___sysimpl_read(int fd, void *buf, size_t n)
{
    struct nb_iovec iov = {buf, n};

    return transfer(fd, &iov, 1, NULL, false);
}

intptr_t rump___sysimpl_write(int fd, const void *buf, size_t n)
{
    struct nb_iovec iov = {(void *)(uintptr_t)buf, n};

    return transfer(fd, &iov, 1, NULL, true);
}

intptr_t rump___sysimpl_readv(int fd, const struct nb_iovec *iov, int n)
{
    return transfer(fd, iov, n, NULL, false);
}

intptr_t rump___sysimpl_writev(int fd, const struct nb_iovec *iov, int n)
{
    return transfer(fd, iov, n, NULL, true);
}

intptr_t rump___sysimpl_pread(int fd, void *buf, size_t n, int64_t off)
{
    struct nb_iovec iov = {buf, n};

    return transfer(fd, &iov, 1, &off, false);
}

intptr_t rump___sysimpl_pwrite(int fd, const void *buf, size_t n, int64_t off)
{
    struct nb_iovec iov = {(void *)(uintptr_t)buf, n};

    return transfer(fd, &iov, 1, &off, true);
}

intptr_t rump___sysimpl_preadv(int fd, const struct nb_iovec *iov, int n, int64_t off)
{
    return transfer(fd, iov, n, &off, false);
}

intptr_t rump___sysimpl_pwritev(int fd, const struct nb_iovec *iov, int n, int64_t off)
{
    return transfer(fd, iov, n, &off, true);
}

/* ---- the table ------------------------------------------------------------------------------- */

int rump___sysimpl_close(int fd)
{
    kern_enter();
    return (int)kern_return(kfd_close(fd), 0);
}

static int dup_min(int fd, int min, bool cloexec, int *newfd)
{
    struct kfile *f;
    int error;

    if (min < 0)
        return NB_EINVAL;
    error = kfd_get(fd, &f);
    return error != 0 ? error : kfd_install(f, min, cloexec, newfd);
}

int rump___sysimpl_dup(int fd)
{
    int newfd = -1;
    int error;

    kern_enter();
    error = dup_min(fd, 0, false, &newfd);
    return (int)kern_return(error, newfd);
}

static int dup_to(int from, int to, bool cloexec, bool same_ok)
{
    struct kfile *f;
    int error;

    kern_enter();
    error = kfd_get(from, &f);
    if (error == 0 && from == to) {
        kfile_put(f);
        error = same_ok ? 0 : NB_EINVAL;
    } else if (error == 0) {
        error = kfd_install_at(f, to, cloexec);
    }
    return (int)kern_return(error, to);
}

int rump___sysimpl_dup2(int from, int to)
{
    return dup_to(from, to, false, true);
}

int rump___sysimpl_dup3(int from, int to, int flags)
{
    return dup_to(from, to, (flags & NB_O_CLOEXEC) != 0, false);
}

#define SETTABLE_FLAGS (NB_O_NONBLOCK | NB_O_APPEND | NB_O_ASYNC | NB_O_SYNC | NB_O_DSYNC)

/* Record locks: the only process there is gets every one, as it would from itself. */
static int record_lock(int cmd, struct nb_flock *lock)
{
    if (cmd == NB_F_GETLK)
        lock->l_type = NB_F_UNLCK;
    return 0;
}

static int fcntl_on(int fd, struct kfile *f, int cmd, void *arg, int *rv)
{
    int value = (int)(intptr_t)arg;
    bool cloexec = false;
    int error;

    switch (cmd) {
    case NB_F_DUPFD:
    case NB_F_DUPFD_CLOEXEC:
        return dup_min(fd, value, cmd == NB_F_DUPFD_CLOEXEC, rv);
    case NB_F_GETFD:
        error = kfd_cloexec(fd, &cloexec);
        *rv = cloexec ? NB_FD_CLOEXEC : 0;
        return error;
    case NB_F_SETFD:
        return kfd_set_cloexec(fd, (value & NB_FD_CLOEXEC) != 0);
    case NB_F_GETFL:
        *rv = (int)f->flags;
        return 0;
    case NB_F_SETFL:
        f->flags = (f->flags & ~(unsigned)SETTABLE_FLAGS) | ((unsigned)value & SETTABLE_FLAGS);
        return 0;
    case NB_F_GETLK:
    case NB_F_SETLK:
    case NB_F_SETLKW:
        return kfile_node(f) == NULL ? NB_EINVAL : record_lock(cmd, arg);
    default:
        return NB_EINVAL;
    }
}

int rump___sysimpl_fcntl(int fd, int cmd, void *arg)
{
    struct kfile *f;
    int error = 0, rv = 0;

    kern_enter();
    if (cmd == NB_F_CLOSEM) {
        kfd_close_from(fd < 0 ? 0 : fd);
    } else if (cmd == NB_F_MAXFD) {
        rv = kfd_highest();
    } else {
        error = kfd_get(fd, &f);
        if (error == 0) {
            error = fcntl_on(fd, f, cmd, arg, &rv);
            kfile_put(f);
        }
    }
    return (int)kern_return(error, rv);
}

int rump___sysimpl_ioctl(int fd, unsigned long request, void *arg)
{
    struct kfile *f;
    int error;

    kern_enter();
    error = kfd_get(fd, &f);
    if (error == 0) {
        if (request == NB_FIONBIO)
            f->flags =
                *(int *)arg != 0 ? f->flags | NB_O_NONBLOCK : f->flags & ~(unsigned)NB_O_NONBLOCK;
        else
            error = f->ops->ioctl(f, request, arg);
        kfile_put(f);
    }
    return (int)kern_return(error, 0);
}

/* ---- open files ------------------------------------------------------------------------------ */

static int seek(struct kfile *f, int64_t off, int whence, int64_t *pos)
{
    struct nb_stat st;
    int64_t base = 0;
    int error;

    if (!f->seekable)
        return NB_ESPIPE;
    switch (whence) {
    case NB_SEEK_SET:
        break;
    case NB_SEEK_CUR:
        base = f->off;
        break;
    case NB_SEEK_END:
        error = f->ops->stat(f, &st);
        if (error != 0)
            return error;
        base = st.st_size;
        break;
    default:
        return NB_EINVAL;
    }
    if (__builtin_add_overflow(base, off, pos))
        return NB_EOVERFLOW;
    if (*pos < 0)
        return NB_EINVAL;
    f->off = *pos;
    return 0;
}

int64_t rump___sysimpl_lseek(int fd, int64_t off, int whence)
{
    int64_t pos = -1;
    struct kfile *f;
    int error;

    kern_enter();
    error = kfd_get(fd, &f);
    if (error == 0) {
        error = seek(f, off, whence, &pos);
        kfile_put(f);
    }
    return kern_return(error, pos);
}

int rump___sysimpl_fstat50(int fd, struct nb_stat *st)
{
    struct kfile *f;
    int error;

    kern_enter();
    error = kfd_get(fd, &f);
    if (error == 0) {
        error = f->ops->stat(f, st);
        kfile_put(f);
    }
    return (int)kern_return(error, 0);
}

/* The node of an open file; EINVAL for files without a name. */
static int node_get(int fd, struct kfile **fp, struct node **np)
{
    int error = kfd_get(fd, fp);

    if (error != 0)
        return error;
    *np = kfile_node(*fp);
    if (*np != NULL)
        return 0;
    kfile_put(*fp);
    return NB_EINVAL;
}

int rump___sysimpl_ftruncate(int fd, int64_t size)
{
    struct kfile *f;
    struct node *n;
    int error;

    kern_enter();
    error = node_get(fd, &f, &n);
    if (error == 0) {
        if ((f->flags & NB_O_ACCMODE) == NB_O_RDONLY || node_type(n) != NB_S_IFREG) {
            error = NB_EINVAL;
        } else {
            fs_enter();
            error = memfile_truncate(n, size);
            fs_exit();
        }
        kfile_put(f);
    }
    return (int)kern_return(error, 0);
}

int rump___sysimpl_posix_fallocate(int fd, int64_t off, int64_t len)
{
    struct kfile *f;
    struct node *n;
    int64_t end;
    int error;

    kern_enter();
    error = node_get(fd, &f, &n);
    if (error == 0) {
        if ((f->flags & NB_O_ACCMODE) == NB_O_RDONLY) {
            error = NB_EBADF;
        } else if (node_type(n) != NB_S_IFREG) {
            error = NB_ENODEV;
        } else if (off < 0 || len <= 0) {
            error = NB_EINVAL;
        } else if (__builtin_add_overflow(off, len, &end)) {
            error = NB_EFBIG;
        } else {
            /*
             * Room is promised by the limit of the file system only: memory is taken when written.
             */
            fs_enter();
            if ((uint64_t)len / KERN_PAGE_SIZE > n->mount->max_pages - n->mount->pages)
                error = NB_ENOSPC;
            else if (end > n->file.size)
                error = memfile_truncate(n, end);
            fs_exit();
        }
        kfile_put(f);
    }
    kern_leave();
    return error;
}

static int sync_file(int fd)
{
    struct kfile *f;
    struct node *n;
    int error;

    kern_enter();
    error = node_get(fd, &f, &n);
    if (error == 0) {
        error = node_file_fsync(f);
        kfile_put(f);
    }
    return (int)kern_return(error, 0);
}

int rump___sysimpl_fsync(int fd)
{
    return sync_file(fd);
}

int rump___sysimpl_fdatasync(int fd)
{
    return sync_file(fd);
}

void rump___sysimpl_sync(void)
{
    /* Everything buffered in here lives in memory for good; devices are written through. */
}

int rump___sysimpl_getdents30(int fd, char *buf, size_t n)
{
    struct kfile *f;
    size_t got = 0;
    int error;

    kern_enter();
    error = kfd_get(fd, &f);
    if (error == 0) {
        error = node_file_getdents(f, buf, n, &got);
        kfile_put(f);
    }
    return (int)kern_return(error, (intptr_t)got);
}

int rump___sysimpl_fstatvfs190(int fd, struct nb_statvfs *buf, int flags)
{
    struct kfile *f;
    struct node *n;
    int error;

    (void)flags;
    kern_enter();
    error = node_get(fd, &f, &n);
    if (error == 0) {
        fs_statvfs(n->mount, buf);
        kfile_put(f);
    }
    return (int)kern_return(error, 0);
}

int rump___sysimpl_pipe2(int fds[2], int flags)
{
    struct kfile *r, *w;
    bool cloexec = (flags & NB_O_CLOEXEC) != 0;
    int error;

    kern_enter();
    error = pipe_create((unsigned)flags & NB_O_NONBLOCK, &r, &w);
    if (error == 0) {
        error = kfd_install(r, 0, cloexec, &fds[0]);
        if (error != 0) {
            kfile_put(w);
        } else {
            error = kfd_install(w, 0, cloexec, &fds[1]);
            if (error != 0)
                (void)kfd_close(fds[0]);
        }
    }
    return (int)kern_return(error, 0);
}

int rump___sysimpl_getpid(void)
{
    kern_enter();
    return (int)kern_return(0, curproc()->pid);
}
