/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Reading, writing and positioning: from descriptors and buffers of the program to file operations.
 */
#include "linux/io.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/fdtable.h"
#include "linux/filemap.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

#define COPY_BUFFER ((size_t)16 << 10)

/* pos: NULL for the file's own position. */
static long file_transfer(struct file *f, enum io_direction dir, const struct kiovec *iov, int n,
                          int64_t *pos)
{
    long (*op)(struct file *, const struct kiovec *, int, int64_t *) =
        dir == READ ? f->ops->readv : f->ops->writev;
    struct user_hold hold;
    long rc;

    if (dir == READ ? !file_can_read(f) : !file_can_write(f))
        return -EBADF;
    if (op == NULL)
        return -EINVAL;
    if (pos != NULL && f->ops->seek == NULL)
        return -ESPIPE;
    if (pos == NULL && f->has_pos)
        pos = &f->pos;
    if (__builtin_expect(filemap_count, 0) && dir == READ)
        filemap_flush(f);
    user_hold_begin(&hold, thread_current(), iov, n);
    rc = user_hold_end(&hold, op(f, iov, n, pos));
    if (__builtin_expect(filemap_count, 0) && dir == WRITE && rc > 0)
        filemap_refresh(f);
    if (rc == -EPIPE && dir == WRITE)
        signal_send_pipe();
    return rc;
}

/* Reads into buffers that were checked. The vector is used up. */
static long read_in_steps(struct file *f, struct kiovec *iov, int n, int64_t *pos)
{
    long done = 0, rc;
    bool more;

    do {
        size_t excess;
        int k = user_iov_step(iov, n, &excess);

        rc = user_iov_fill(iov, k, true);
        if (rc == 0)
            rc = file_transfer(f, READ, iov, k, pos);
        if (rc < 0)
            break;
        done += rc;
        more = f->ops->seek != NULL && (size_t)rc == kiovec_size(iov, k);
        if (excess) {
            k--;
            iov[k].base = (char *)iov[k].base + iov[k].len;
            iov[k].len = excess;
        }
        iov += k;
        n -= k;
    } while (more && n > 0);
    return done > 0 ? done : rc;
}

long io_transfer(struct file *f, enum io_direction dir, struct kiovec *iov, int n, int64_t *pos)
{
    int rc;

    if (dir == READ)
        return read_in_steps(f, iov, n, pos);
    rc = user_iov_fill(iov, n, false);
    return rc < 0 ? rc : file_transfer(f, WRITE, iov, n, pos);
}

static long transfer_buffer(int fd, enum io_direction dir, uintptr_t buf, size_t len, int64_t *pos)
{
    struct kiovec iov = {(void *)buf, len < RW_MAX ? len : RW_MAX};
    struct file *f = fd_get(fd);
    long rc;

    if (f == NULL)
        return -EBADF;
    if (vm_known(buf, iov.len, dir == READ)) { /* a page at most: one step, and it is there */
        rc = file_transfer(f, dir, &iov, 1, pos);
    } else {
        rc = user_range(buf, iov.len, dir == READ);
        if (rc == 0)
            rc = io_transfer(f, dir, &iov, 1, pos);
    }
    file_unref(f);
    return rc;
}

static long transfer_vector(int fd, enum io_direction dir, uintptr_t uiov, int n, int64_t *pos)
{
    struct kiovec small[UIO_FAST], *iov;
    struct file *f = fd_get(fd);
    long rc;

    if (f == NULL)
        return -EBADF;
    while ((rc = user_iov_get(uiov, n, dir == READ, small, &iov)) == -ENOMEM)
        memory_pause(); /* it may be a guest's data: better late than an error */
    if (rc >= 0)
        rc = io_transfer(f, dir, iov, n, pos);
    user_iov_free(small, iov);
    file_unref(f);
    return rc;
}

long sys_read(int fd, uintptr_t buf, size_t len)
{
    return transfer_buffer(fd, READ, buf, len, NULL);
}

long sys_write(int fd, uintptr_t buf, size_t len)
{
    return transfer_buffer(fd, WRITE, buf, len, NULL);
}

long sys_pread64(int fd, uintptr_t buf, size_t len, int64_t pos)
{
    return pos < 0 ? -EINVAL : transfer_buffer(fd, READ, buf, len, &pos);
}

long sys_pwrite64(int fd, uintptr_t buf, size_t len, int64_t pos)
{
    return pos < 0 ? -EINVAL : transfer_buffer(fd, WRITE, buf, len, &pos);
}

long sys_readv(int fd, uintptr_t uiov, int n)
{
    return transfer_vector(fd, READ, uiov, n, NULL);
}

long sys_writev(int fd, uintptr_t uiov, int n)
{
    return transfer_vector(fd, WRITE, uiov, n, NULL);
}

long sys_preadv(int fd, uintptr_t uiov, int n, int64_t pos)
{
    return pos < 0 ? -EINVAL : transfer_vector(fd, READ, uiov, n, &pos);
}

long sys_pwritev(int fd, uintptr_t uiov, int n, int64_t pos)
{
    return pos < 0 ? -EINVAL : transfer_vector(fd, WRITE, uiov, n, &pos);
}

/*
 * The position's upper half register is unused with 64-bit registers. Position -1: the file's own.
 */
long sys_preadv2(int fd, uintptr_t uiov, int n, int64_t pos, unsigned long pos_high, int flags)
{
    (void)pos_high;
    if ((unsigned)flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC))
        return -EOPNOTSUPP;
    return pos == -1 ? sys_readv(fd, uiov, n) : sys_preadv(fd, uiov, n, pos);
}

long sys_pwritev2(int fd, uintptr_t uiov, int n, int64_t pos, unsigned long pos_high, int flags)
{
    long rc, synced;

    (void)pos_high;
    if ((unsigned)flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC))
        return -EOPNOTSUPP;
    rc = pos == -1 ? sys_writev(fd, uiov, n) : sys_pwritev(fd, uiov, n, pos);
    if (rc <= 0 || !((unsigned)flags & (RWF_DSYNC | RWF_SYNC)))
        return rc;
    synced = (unsigned)flags & RWF_SYNC ? sys_fsync(fd) : sys_fdatasync(fd);
    return synced < 0 ? synced : rc;
}

long sys_lseek(int fd, int64_t off, int whence)
{
    struct file *f = fd_get(fd);
    int64_t rc = -ESPIPE;

    if (f == NULL)
        return -EBADF;
    if (whence < SEEK_SET || whence > SEEK_HOLE) {
        rc = -EINVAL;
    } else if (f->ops->seek != NULL) {
        rc = f->ops->seek(f, off, whence);
        if (rc >= 0 && f->has_pos)
            f->pos = rc;
    }
    file_unref(f);
    return rc;
}

long sys_ioctl(int fd, unsigned request, unsigned long arg)
{
    struct file *f = fd_get(fd);
    uint32_t on;
    long rc;

    if (f == NULL)
        return -EBADF;
    switch (request) {
    case FIOCLEX:
    case FIONCLEX:
        rc = sys_fcntl(fd, F_SETFD, request == FIOCLEX ? FD_CLOEXEC : 0);
        break;
    case FIONBIO:
        rc = get_user_u32(arg, &on);
        if (rc == 0)
            rc = sys_fcntl(fd, F_SETFL, on ? f->flags | O_NONBLOCK : f->flags & ~O_NONBLOCK);
        break;
    default:
        rc = f->ops->ioctl != NULL ? f->ops->ioctl(f, request, arg) : -ENOTTY;
    }
    file_unref(f);
    return rc;
}

static long sync_file(int fd, bool data_only)
{
    struct file *f = fd_get(fd);
    long rc;

    if (f == NULL)
        return -EBADF;
    rc = f->ops->fsync != NULL ? f->ops->fsync(f, data_only) : -EINVAL;
    file_unref(f);
    return rc;
}

long sys_fsync(int fd)
{
    return sync_file(fd, false);
}

long sys_fdatasync(int fd)
{
    return sync_file(fd, true);
}

long sys_syncfs(int fd)
{
    long rc = sync_file(fd, false);

    return rc == -EBADF ? rc : 0;
}

long sys_sync_file_range(int fd, int64_t off, int64_t len, unsigned flags)
{
    if (off < 0 || len < 0 || (flags & ~7u))
        return -EINVAL;
    return sync_file(fd, true);
}

long sys_ftruncate(int fd, int64_t size)
{
    struct file *f;
    long rc;

    if (size < 0)
        return -EINVAL;
    f = fd_get(fd);
    if (f == NULL)
        return -EBADF;
    rc = file_can_write(f) && f->ops->truncate != NULL ? f->ops->truncate(f, size) : -EINVAL;
    if (filemap_count && rc == 0)
        filemap_refresh(f);
    file_unref(f);
    return rc;
}

long sys_fallocate(int fd, int mode, int64_t off, int64_t len)
{
    struct file *f;
    int64_t end;
    long rc;

    if (off < 0 || len <= 0)
        return -EINVAL;
    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE |
                 FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
        return -EOPNOTSUPP;
    if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
        return -EOPNOTSUPP;
    f = fd_get(fd);
    if (f == NULL)
        return -EBADF;
    if (!file_can_write(f))
        rc = -EBADF;
    else if (__builtin_add_overflow(off, len, &end))
        rc = -EFBIG;
    else if (f->ops->fallocate == NULL)
        rc = f->ops->seek != NULL ? -ENODEV : -ESPIPE;
    else
        rc = f->ops->fallocate(f, mode, off, len);
    file_unref(f);
    return rc;
}

long sys_fadvise64(int fd, int64_t off, int64_t len, int advice)
{
    struct file *f = fd_get(fd);
    long rc = 0;

    (void)off;
    if (f == NULL)
        return -EBADF;
    if (f->ops->seek == NULL)
        rc = -ESPIPE;
    else if (len < 0 || advice < 0 || advice > POSIX_FADV_MAX)
        rc = -EINVAL;
    file_unref(f);
    return rc;
}

long sys_readahead(int fd, int64_t off, size_t len)
{
    struct file *f = fd_get(fd);
    long rc;

    (void)off;
    (void)len;
    if (f == NULL || !file_can_read(f))
        rc = -EBADF;
    else
        rc = f->ops->seek != NULL ? 0 : -EINVAL;
    if (f != NULL)
        file_unref(f);
    return rc;
}

/* ---- from file to file ----------------------------------------------------------------------- */

/*
 * Moves up to len bytes through a kernel buffer; positions as in file_transfer(). Bytes moved or
 * -errno.
 */
static long copy_between(struct file *in, int64_t *in_pos, struct file *out, int64_t *out_pos,
                         size_t len)
{
    char *buffer = kmalloc(COPY_BUFFER, MEM_LINUX);
    size_t done = 0;
    long rc = 0;

    if (buffer == NULL)
        return -ENOMEM;
    while (done < len) {
        struct kiovec iov = {buffer, len - done < COPY_BUFFER ? len - done : COPY_BUFFER};
        size_t got, put = 0;

        rc = file_transfer(in, READ, &iov, 1, in_pos);
        if (rc <= 0)
            break;
        got = (size_t)rc;
        while (put < got) {
            iov = (struct kiovec){buffer + put, got - put};
            rc = file_transfer(out, WRITE, &iov, 1, out_pos);
            if (rc <= 0)
                break;
            put += (size_t)rc;
        }
        done += put;
        if (put < got) {
            /* What was read but not written stays unread. */
            int64_t back = -(int64_t)(got - put);

            if (in_pos != NULL)
                *in_pos += back;
            else if (in->has_pos)
                in->pos += back;
            else if (in->ops->seek != NULL)
                in->ops->seek(in, back, SEEK_CUR);
            break;
        }
    }
    kfree(buffer);
    return done ? (long)done : rc;
}

static int get_offset(uintptr_t uoff, int64_t *pos)
{
    int rc = copy_from_user(pos, uoff, sizeof(*pos));

    return rc < 0 ? rc : *pos < 0 ? -EINVAL : 0;
}

long sys_sendfile(int out_fd, int in_fd, uintptr_t uoff, size_t len)
{
    struct file *in = fd_get(in_fd), *out = fd_get(out_fd);
    int64_t pos = 0;
    long rc = 0;

    if (in == NULL || out == NULL || !file_can_read(in) || !file_can_write(out))
        rc = -EBADF;
    else if (in->ops->seek == NULL)
        rc = uoff ? -ESPIPE : -EINVAL;
    else if (out->flags & O_APPEND)
        rc = -EINVAL;
    else if (uoff)
        rc = get_offset(uoff, &pos);
    if (rc == 0)
        rc = copy_between(in, uoff ? &pos : NULL, out, NULL, len < RW_MAX ? len : RW_MAX);
    if (rc >= 0 && uoff && put_user_u64(uoff, (uint64_t)pos) < 0)
        rc = -EFAULT;
    if (in != NULL)
        file_unref(in);
    if (out != NULL)
        file_unref(out);
    return rc;
}

long sys_copy_file_range(int in_fd, uintptr_t uin, int out_fd, uintptr_t uout, size_t len,
                         unsigned flags)
{
    struct file *in = fd_get(in_fd), *out = fd_get(out_fd);
    int64_t in_pos = 0, out_pos = 0;
    long rc = 0;

    if (in == NULL || out == NULL)
        rc = -EBADF;
    else if (flags)
        rc = -EINVAL;
    else if (!file_can_read(in) || !file_can_write(out) || (out->flags & O_APPEND))
        rc = -EBADF;
    else if (in->ops->seek == NULL || out->ops->seek == NULL)
        rc = -EINVAL;
    if (rc == 0 && uin)
        rc = get_offset(uin, &in_pos);
    if (rc == 0 && uout)
        rc = get_offset(uout, &out_pos);
    if (rc == 0)
        rc = copy_between(in, uin ? &in_pos : NULL, out, uout ? &out_pos : NULL,
                          len < RW_MAX ? len : RW_MAX);
    if (rc >= 0 && uin && put_user_u64(uin, (uint64_t)in_pos) < 0)
        rc = -EFAULT;
    if (rc >= 0 && uout && put_user_u64(uout, (uint64_t)out_pos) < 0)
        rc = -EFAULT;
    if (in != NULL)
        file_unref(in);
    if (out != NULL)
        file_unref(out);
    return rc;
}
