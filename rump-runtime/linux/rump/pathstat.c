/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pathstat.c - calls that read and change attributes: stat, access, chmod, chown, times, sizes,
 * statfs.
 */
#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/rump/path.h"
#include "linux/rump/ramfile.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

#define AT_NO_AUTOMOUNT    0x800
#define AT_STATX_SYNC_TYPE 0x6000
#define TMPFS_MAGIC        0x01021994
#define STATX_BASIC_STATS  0x7ffu

struct linux_statx_timestamp {
    int64_t tv_sec;
    uint32_t tv_nsec;
    int32_t pad;
};

struct linux_statx {
    uint32_t stx_mask, stx_blksize;
    uint64_t stx_attributes;
    uint32_t stx_nlink, stx_uid, stx_gid;
    uint16_t stx_mode, pad0;
    uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
    struct linux_statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
    uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
    uint64_t stx_spare[14];
};
_Static_assert(sizeof(struct linux_statx) == 256, "struct statx");

struct linux_statfs {
    int64_t f_type, f_bsize;
    uint64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree;
    int32_t f_fsid[2];
    int64_t f_namelen, f_frsize, f_flags, f_spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "struct statfs");

/* ---- stat ------------------------------------------------------------------------------------ */

static long stat_fd(int fd, struct linux_stat *st)
{
    struct file *f = fd_get(fd);
    long rc;

    if (f == NULL)
        return -EBADF;
    memset(st, 0, sizeof(*st));
    st->st_mode = 0600;
    st->st_nlink = 1;
    st->st_blksize = (int64_t)PLAT_PAGE_SIZE;
    rc = f->ops->stat == NULL ? 0 : f->ops->stat(f, st);
    file_unref(f);
    return rc;
}

static long stat_path(int dirfd, const char *path, int flags, struct linux_stat *st)
{
    struct nb_stat nb;
    int rump_dirfd;
    long rc = path[0] == '/' ? device_stat(path, st) : -ENOENT;

    if (rc != -ENOENT)
        return rc;
    rc = path_dirfd(dirfd, path, &rump_dirfd);
    if (rc < 0)
        return rc;
    rc = rump_result(rump___sysimpl_fstatat(
        rump_dirfd, path, &nb, (flags & AT_SYMLINK_NOFOLLOW) != 0 ? NB_AT_SYMLINK_NOFOLLOW : 0));
    if (rc == 0)
        rump_stat_to_linux(&nb, st);
    return rc;
}

static long stat_at(int dirfd, uintptr_t upath, int flags, struct linux_stat *st)
{
    char *path;
    long rc = path_get(upath, (flags & AT_EMPTY_PATH) != 0, &path);

    if (rc < 0)
        return rc;
    if (path[0] != '\0')
        rc = stat_path(dirfd, path, flags, st);
    else if (dirfd == AT_FDCWD)
        rc = stat_path(dirfd, ".", flags, st);
    else
        rc = stat_fd(dirfd, st);
    kfree(path);
    return rc;
}

long sys_newfstatat(int dirfd, uintptr_t path, uintptr_t ust, int flags)
{
    struct linux_stat st;
    long rc;

    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    rc = stat_at(dirfd, path, flags, &st);
    return rc < 0 ? rc : copy_to_user(ust, &st, sizeof(st));
}

long sys_stat(uintptr_t path, uintptr_t st)
{
    return sys_newfstatat(AT_FDCWD, path, st, 0);
}

long sys_lstat(uintptr_t path, uintptr_t st)
{
    return sys_newfstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

static struct linux_statx_timestamp statx_time(struct linux_timespec ts)
{
    return (struct linux_statx_timestamp){.tv_sec = ts.tv_sec, .tv_nsec = (uint32_t)ts.tv_nsec};
}

static uint32_t dev_major(uint64_t dev)
{
    return (uint32_t)((dev >> 8 & 0xfff) | (dev >> 32 & ~0xfffull));
}

static uint32_t dev_minor(uint64_t dev)
{
    return (uint32_t)((dev & 0xff) | (dev >> 12 & ~0xffull));
}

long sys_statx(int dirfd, uintptr_t path, int flags, unsigned mask, uintptr_t ustx)
{
    struct linux_stat st;
    struct linux_statx stx;
    long rc;

    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) !=
            0 ||
        (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || (mask & 0x80000000u) != 0)
        return -EINVAL;
    rc = stat_at(dirfd, path, flags, &st);
    if (rc < 0)
        return rc;
    stx = (struct linux_statx){
        .stx_mask = STATX_BASIC_STATS,
        .stx_blksize = (uint32_t)st.st_blksize,
        .stx_nlink = (uint32_t)st.st_nlink,
        .stx_uid = st.st_uid,
        .stx_gid = st.st_gid,
        .stx_mode = (uint16_t)st.st_mode,
        .stx_ino = st.st_ino,
        .stx_size = (uint64_t)st.st_size,
        .stx_blocks = (uint64_t)st.st_blocks,
        .stx_atime = statx_time(st.st_atim),
        .stx_ctime = statx_time(st.st_ctim),
        .stx_mtime = statx_time(st.st_mtim),
        .stx_rdev_major = dev_major(st.st_rdev),
        .stx_rdev_minor = dev_minor(st.st_rdev),
        .stx_dev_major = dev_major(st.st_dev),
        .stx_dev_minor = dev_minor(st.st_dev),
    };
    return copy_to_user(ustx, &stx, sizeof(stx));
}

/* ---- access ---------------------------------------------------------------------------------- */

long sys_faccessat2(int dirfd, uintptr_t upath, int mode, int flags)
{
    struct linux_stat st;
    struct path_arg pa;
    long rc;

    if ((mode & ~7) != 0 || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    rc = path_begin(&pa, dirfd, upath);
    if (rc == -ENOENT && (flags & AT_EMPTY_PATH) != 0)
        return stat_at(dirfd, upath, flags, &st);
    if (rc < 0)
        return rc;
    if (pa.path[0] == '/') {
        rc = device_stat(pa.path, &st);
        if (rc != -ENOENT) {
            kfree(pa.path);
            return rc;
        }
    }
    /* The bits of mode are the same; the program is root in both of its identities. */
    return path_end(&pa, rump___sysimpl_faccessat(
                             pa.dirfd, pa.path, mode,
                             (flags & AT_SYMLINK_NOFOLLOW) != 0 ? NB_AT_SYMLINK_NOFOLLOW : 0));
}

long sys_faccessat(int dirfd, uintptr_t path, int mode)
{
    return sys_faccessat2(dirfd, path, mode, 0);
}

long sys_access(uintptr_t path, int mode)
{
    return sys_faccessat2(AT_FDCWD, path, mode, 0);
}

/* ---- mode and owner -------------------------------------------------------------------------- */

long sys_fchmodat(int dirfd, uintptr_t upath, unsigned mode)
{
    struct path_arg pa;
    long rc = path_begin(&pa, dirfd, upath);

    return rc < 0 ? rc : path_end(&pa, rump___sysimpl_fchmodat(pa.dirfd, pa.path, mode & 07777, 0));
}

long sys_chmod(uintptr_t path, unsigned mode)
{
    return sys_fchmodat(AT_FDCWD, path, mode);
}

/*
 * The rump file behind a descriptor with a reference to *fp; native files have no attributes to
 * change.
 */
static long rump_fd(int fd, struct file **fp, struct rump_file **rfp)
{
    long rc;

    *fp = fd_get(fd);
    if (*fp == NULL)
        return -EBADF;
    *rfp = rump_file_of(*fp);
    rump_attach();
    if (*rfp != NULL && (*fp)->ops != &rump_path_ops)
        return 0;
    rc = *rfp == NULL ? -EPERM : -EBADF;
    file_unref(*fp);
    return rc;
}

long sys_fchmod(int fd, unsigned mode)
{
    struct rump_file *rf;
    struct file *f;
    long rc = rump_fd(fd, &f, &rf);

    if (rc < 0)
        return rc;
    rc = rump_result(rump___sysimpl_fchmod(rf->fd, mode & 07777));
    file_unref(f);
    return rc;
}

long sys_fchownat(int dirfd, uintptr_t upath, unsigned uid, unsigned gid, int flags)
{
    struct path_arg pa;
    int nb_flags;
    long rc;

    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    rc = path_begin(&pa, dirfd, upath);
    if (rc == -ENOENT && (flags & AT_EMPTY_PATH) != 0)
        return sys_fchown(dirfd, uid, gid);
    if (rc < 0)
        return rc;
    nb_flags = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? NB_AT_SYMLINK_NOFOLLOW : 0;
    return path_end(&pa, rump___sysimpl_fchownat(pa.dirfd, pa.path, uid, gid, nb_flags));
}

long sys_chown(uintptr_t path, unsigned uid, unsigned gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(uintptr_t path, unsigned uid, unsigned gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, unsigned uid, unsigned gid)
{
    struct rump_file *rf;
    struct file *f;
    long rc = rump_fd(fd, &f, &rf);

    if (rc < 0)
        return rc;
    rc = rump_result(rump___sysimpl_fchown(rf->fd, uid, gid));
    file_unref(f);
    return rc;
}

/* ---- times ----------------------------------------------------------------------------------- */

/* UTIME_NOW and UTIME_OMIT are the same numbers in both worlds. times: NULL for now. */
static long set_times(int dirfd, uintptr_t upath, const struct nb_timespec *times, int flags)
{
    struct rump_file *rf;
    struct path_arg pa;
    struct file *f;
    long rc;
    int nb_flags;

    if (upath == 0 && dirfd != AT_FDCWD) { /* futimens */
        rc = rump_fd(dirfd, &f, &rf);
        if (rc < 0)
            return rc;
        rc = rump_result(rump___sysimpl_futimens(rf->fd, times));
        file_unref(f);
        return rc;
    }
    rc = path_begin(&pa, dirfd, upath);
    if (rc < 0)
        return rc;
    nb_flags = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? NB_AT_SYMLINK_NOFOLLOW : 0;
    return path_end(&pa, rump___sysimpl_utimensat(pa.dirfd, pa.path, times, nb_flags));
}

long sys_utimensat(int dirfd, uintptr_t path, uintptr_t utimes, int flags)
{
    struct nb_timespec times[2]; /* the same layout as Linux's */
    long rc;

    if ((flags & ~AT_SYMLINK_NOFOLLOW) != 0)
        return -EINVAL;
    rc = utimes == 0 ? 0 : copy_from_user(times, utimes, sizeof(times));
    return rc < 0 ? rc : set_times(dirfd, path, utimes == 0 ? NULL : times, flags);
}

long sys_futimesat(int dirfd, uintptr_t path, uintptr_t utimevals)
{
    struct linux_timeval tv[2];
    struct nb_timespec times[2];
    long rc;

    if (utimevals == 0)
        return set_times(dirfd, path, NULL, 0);
    rc = copy_from_user(tv, utimevals, sizeof(tv));
    if (rc < 0)
        return rc;
    for (int i = 0; i < 2; i++) {
        if (tv[i].tv_usec < 0 || tv[i].tv_usec > 999999)
            return -EINVAL;
        times[i] = (struct nb_timespec){tv[i].tv_sec, tv[i].tv_usec * 1000};
    }
    return set_times(dirfd, path, times, 0);
}

long sys_utimes(uintptr_t path, uintptr_t timevals)
{
    return sys_futimesat(AT_FDCWD, path, timevals);
}

long sys_utime(uintptr_t path, uintptr_t utimbuf)
{
    struct nb_timespec times[2] = {0};
    int64_t seconds[2];
    long rc;

    if (utimbuf == 0)
        return set_times(AT_FDCWD, path, NULL, 0);
    rc = copy_from_user(seconds, utimbuf, sizeof(seconds));
    if (rc < 0)
        return rc;
    times[0].tv_sec = seconds[0];
    times[1].tv_sec = seconds[1];
    return set_times(AT_FDCWD, path, times, 0);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* The rump kernel is to have the contents of what it cuts off. */
static long give_ramfile(const char *path)
{
    struct ramfile *ram;
    struct nb_stat st;
    long rc;
    int fd;

    ram = rump___sysimpl_stat50(path, &st) == 0 ? ramfile_of(&st) : NULL;
    if (ram == NULL)
        return 0;
    rc = rump_result(rump___sysimpl_open(path, NB_O_WRONLY, 0));
    if (rc < 0)
        return rc;
    fd = (int)rc;
    rc = ramfile_give(ram, fd, true);
    (void)rump___sysimpl_close(fd);
    return rc;
}

long sys_truncate(uintptr_t upath, int64_t size)
{
    struct path_arg pa;
    long rc;

    if (size < 0)
        return -EINVAL;
    rc = path_begin(&pa, AT_FDCWD, upath);
    if (rc < 0)
        return rc;
    rc = give_ramfile(pa.path);
    if (rc == 0)
        rc = rump_result(rump___sysimpl_truncate(pa.path, size));
    kfree(pa.path);
    return rc;
}

static long put_statfs(uintptr_t ubuf, const struct nb_statvfs *nb)
{
    /* Whatever it is over there, for a program it behaves as Linux's memory file system. */
    struct linux_statfs st = {
        .f_type = TMPFS_MAGIC,
        .f_bsize = (int64_t)nb->f_bsize,
        .f_blocks = nb->f_blocks,
        .f_bfree = nb->f_bfree,
        .f_bavail = nb->f_bavail,
        .f_files = nb->f_files,
        .f_ffree = nb->f_ffree,
        .f_fsid = {nb->f_fsidx[0], nb->f_fsidx[1]},
        .f_namelen = (int64_t)nb->f_namemax,
        .f_frsize = (int64_t)nb->f_frsize,
    };

    return copy_to_user(ubuf, &st, sizeof(st));
}

long sys_statfs(uintptr_t upath, uintptr_t ubuf)
{
    struct nb_statvfs *nb = kmalloc(sizeof(*nb), MEM_LINUX);
    struct path_arg pa;
    long rc = nb == NULL ? -ENOMEM : path_begin(&pa, AT_FDCWD, upath);

    if (rc == 0)
        rc = path_end(&pa, rump___sysimpl_statvfs190(pa.path, nb, 0));
    if (rc == 0)
        rc = put_statfs(ubuf, nb);
    kfree(nb);
    return rc;
}

long sys_fstatfs(int fd, uintptr_t ubuf)
{
    struct nb_statvfs *nb = kmalloc(sizeof(*nb), MEM_LINUX);
    struct rump_file *rf;
    struct file *f;
    long rc = nb == NULL ? -ENOMEM : rump_fd(fd, &f, &rf);

    if (rc == 0) {
        rc = rump_result(rump___sysimpl_fstatvfs190(rf->fd, nb, 0));
        file_unref(f);
    }
    if (rc == 0)
        rc = put_statfs(ubuf, nb);
    kfree(nb);
    return rc;
}
