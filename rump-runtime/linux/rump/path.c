/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * path.c - open, and the calls that make, move and remove names. Native devices come before the
 * rump kernel's files.
 */
#include "linux/rump/path.h"

#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/rump/ramfile.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

/* ---- native devices -------------------------------------------------------------------------- */

/* Newest first; exact paths are looked at before prefixes. */
static struct list devices = LIST_INIT(devices);

void device_register(struct device *d)
{
    list_add_head(&devices, &d->link);
}

static bool device_matches(const struct device *d, const char *path, const char **rest)
{
    size_t len = strlen(d->path);

    if (strncmp(path, d->path, len) != 0 || (!d->prefix && path[len] != '\0'))
        return false;
    *rest = path + len;
    return true;
}

/*
 * The device that answers for an absolute path: exact paths first, then prefixes, the newest
 * registration first. *rest is what follows a prefix ("" for an exact one). Start from prev ==
 * NULL; a further call with the device found before gives the next.
 */
static struct device *device_find(const char *path, const char **rest, struct device *prev)
{
    bool started = prev == NULL;

    for (int prefix = 0; prefix <= 1; prefix++) {
        list_for_each(it, &devices)
        {
            struct device *d = container_of(it, struct device, link);

            if (d->prefix != (prefix != 0))
                continue;
            if (started && device_matches(d, path, rest))
                return d;
            if (d == prev)
                started = true;
        }
    }
    return NULL;
}

static long device_open(const char *path, unsigned flags, struct file **fp)
{
    const char *rest;

    for (struct device *d = device_find(path, &rest, NULL); d != NULL;
         d = device_find(path, &rest, d)) {
        long rc = d->open(d, rest, flags, fp);

        if (rc != -ENOENT)
            return rc;
    }
    return -ENOENT;
}

long device_stat(const char *path, struct linux_stat *st)
{
    const char *rest;

    for (struct device *d = device_find(path, &rest, NULL); d != NULL;
         d = device_find(path, &rest, d)) {
        long rc = d->stat(d, rest, st);

        if (rc != -ENOENT)
            return rc;
    }
    return -ENOENT;
}

/* ---- arguments ------------------------------------------------------------------------------- */

long path_get(uintptr_t upath, bool empty_ok, char **path)
{
    char *buf = kmalloc(NB_PATH_MAX, MEM_LINUX);
    long rc;

    if (buf == NULL)
        return -ENOMEM;
    rc = strncpy_from_user(buf, upath, NB_PATH_MAX);
    if (rc == NB_PATH_MAX)
        rc = -ENAMETOOLONG;
    else if (rc == 0 && !empty_ok)
        rc = -ENOENT;
    if (rc < 0) {
        kfree(buf);
        return rc;
    }
    *path = buf;
    rump_attach();
    return 0;
}

long path_dirfd(int dirfd, const char *path, int *rump_dirfd)
{
    struct file *f;
    struct rump_file *rf;

    *rump_dirfd = NB_AT_FDCWD;
    if (path[0] == '/' || dirfd == AT_FDCWD)
        return 0;
    f = fd_get(dirfd);
    if (f == NULL)
        return -EBADF;
    rf = rump_file_of(f);
    if (rf != NULL)
        *rump_dirfd = rf->fd; /* stays open while another thread does not close it: its own race */
    file_unref(f);
    return rf == NULL ? -ENOTDIR : 0;
}

long path_begin(struct path_arg *pa, int dirfd, uintptr_t upath)
{
    long rc = path_get(upath, false, &pa->path);

    if (rc < 0) {
        pa->path = NULL;
        return rc;
    }
    rc = path_dirfd(dirfd, pa->path, &pa->dirfd);
    if (rc < 0)
        kfree(pa->path);
    return rc;
}

long path_end(struct path_arg *pa, intptr_t result)
{
    long rc = rump_result(result);

    kfree(pa->path);
    return rc;
}

/* ---- open ------------------------------------------------------------------------------------ */

/*
 * Is what was opened a file of the ramdisk, to be read there? *ram, or NULL. A writer has the
 * contents given to the rump kernel first. 0 or a negative errno.
 */
static long find_ramfile(int fd, unsigned flags, struct ramfile **ram)
{
    bool cut = (flags & O_TRUNC) != 0;
    struct nb_stat st;
    int rc;

    if (rump___sysimpl_fstat50(fd, &st) != 0)
        return rump_result(-1);
    *ram = ramfile_of(&st);
    if (*ram == NULL || ((flags & O_ACCMODE) == O_RDONLY && !cut))
        return 0;
    rc = ramfile_give(*ram, fd, !cut);
    *ram = NULL;
    return rc;
}

static long open_rump(int dirfd, const char *path, unsigned flags, unsigned mode, bool cloexec)
{
    const struct file_ops *ops = &rump_file_ops;
    struct ramfile *ram = NULL;
    struct file *f;
    int rump_dirfd, fd;
    long rc = path_dirfd(dirfd, path, &rump_dirfd);

    if (rc < 0)
        return rc;
    if ((flags & O_PATH) != 0) {
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
        ops = &rump_path_ops;
    }
    rc = rump_result(rump___sysimpl_openat(rump_dirfd, path, rump_open_flags(flags), mode));
    if (rc < 0)
        return rc;
    fd = (int)rc;
    if (ops == &rump_file_ops)
        rc = find_ramfile(fd, flags, &ram);
    if (rc < 0) {
        (void)rump___sysimpl_close(fd);
        return rc;
    }
    rc = rump_file_create(ram != NULL ? &ramfile_ops : ops, fd, flags, &f);
    if (rc < 0)
        return rc;
    rump_file_of(f)->ram = ram;
    rc = fd_install(f, 0, cloexec);
    if (rc < 0)
        file_unref(f);
    return rc;
}

long sys_openat(int dirfd, uintptr_t upath, unsigned flags, unsigned mode)
{
    bool cloexec = (flags & O_CLOEXEC) != 0;
    struct file *f;
    char *path;
    long rc;

    if ((flags & O_TMPFILE) == O_TMPFILE)
        return -EOPNOTSUPP; /* programs fall back to a name of their own */
    if ((flags & O_ACCMODE) == O_ACCMODE)
        return -EINVAL;
    rc = path_get(upath, false, &path);
    if (rc < 0)
        return rc;
    flags &= ~(O_CLOEXEC | O_LARGEFILE | O_NOATIME);
    rc = path[0] == '/' && (flags & O_PATH) == 0 ? device_open(path, flags, &f) : -ENOENT;
    if (rc == 0) {
        rc = fd_install(f, 0, cloexec);
        if (rc < 0)
            file_unref(f);
    } else if (rc == -ENOENT) {
        rc = open_rump(dirfd, path, flags, mode & 07777, cloexec);
    }
    kfree(path);
    return rc;
}

long sys_open(uintptr_t path, unsigned flags, unsigned mode)
{
    return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(uintptr_t path, unsigned mode)
{
    return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* The ramdisk's file whose only name this is, or NULL. */
static struct ramfile *only_name(const struct path_arg *pa)
{
    struct nb_stat st;

    if (rump___sysimpl_fstatat(pa->dirfd, pa->path, &st, NB_AT_SYMLINK_NOFOLLOW) != 0 ||
        st.st_nlink != 1)
        return NULL;
    return ramfile_of(&st);
}

long sys_unlinkat(int dirfd, uintptr_t upath, int flags)
{
    struct ramfile *ram;
    struct path_arg pa;
    struct nb_stat st;
    long rc;

    if ((flags & ~AT_REMOVEDIR) != 0)
        return -EINVAL;
    rc = path_begin(&pa, dirfd, upath);
    if (rc < 0)
        return rc;
    ram = only_name(&pa);
    rc = rump_result(rump___sysimpl_unlinkat(pa.dirfd, pa.path, flags != 0 ? NB_AT_REMOVEDIR : 0));
    /* unlink of a directory: NetBSD says EPERM, Linux EISDIR. */
    if (rc == -EPERM && flags == 0 &&
        rump___sysimpl_fstatat(pa.dirfd, pa.path, &st, NB_AT_SYMLINK_NOFOLLOW) == 0 &&
        (st.st_mode & NB_S_IFMT) == NB_S_IFDIR)
        rc = -EISDIR;
    if (rc == 0 && ram != NULL)
        ramfile_nameless(ram);
    kfree(pa.path);
    return rc;
}

long sys_unlink(uintptr_t path)
{
    return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(uintptr_t path)
{
    return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

long sys_mkdirat(int dirfd, uintptr_t upath, unsigned mode)
{
    struct path_arg pa;
    long rc = path_begin(&pa, dirfd, upath);

    return rc < 0 ? rc : path_end(&pa, rump___sysimpl_mkdirat(pa.dirfd, pa.path, mode & 01777));
}

long sys_mkdir(uintptr_t path, unsigned mode)
{
    return sys_mkdirat(AT_FDCWD, path, mode);
}

#define RENAME_NOREPLACE 1u

long sys_renameat2(int fromfd, uintptr_t ufrom, int tofd, uintptr_t uto, unsigned flags)
{
    struct path_arg from, to;
    struct nb_stat old, new;
    struct ramfile *ram;
    bool there;
    long rc;

    if ((flags & ~RENAME_NOREPLACE) != 0)
        return -EINVAL;
    rc = path_begin(&from, fromfd, ufrom);
    if (rc < 0)
        return rc;
    rc = path_begin(&to, tofd, uto);
    if (rc < 0) {
        kfree(from.path);
        return rc;
    }
    ram = only_name(&to);
    there = rump___sysimpl_fstatat(to.dirfd, to.path, &new, NB_AT_SYMLINK_NOFOLLOW) == 0;
    /* Not one step, but nobody else runs between the two. */
    if (flags != 0 && there)
        rc = -EEXIST;
    else if (there && (new.st_mode &NB_S_IFMT) != NB_S_IFDIR &&
             rump___sysimpl_fstatat(from.dirfd, from.path, &old, NB_AT_SYMLINK_NOFOLLOW) == 0 &&
             old.st_dev == new.st_dev &&old.st_ino == new.st_ino)
        rc = 0; /* two names of one file: NetBSD removes one, POSIX has both stay */
    else
        rc = rump_result(rump___sysimpl_renameat(from.dirfd, from.path, to.dirfd, to.path));
    if (rc == 0 && ram != NULL)
        ramfile_nameless(ram);
    kfree(from.path);
    kfree(to.path);
    return rc;
}

long sys_renameat(int fromfd, uintptr_t from, int tofd, uintptr_t to)
{
    return sys_renameat2(fromfd, from, tofd, to, 0);
}

long sys_rename(uintptr_t from, uintptr_t to)
{
    return sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

long sys_linkat(int fromfd, uintptr_t ufrom, int tofd, uintptr_t uto, int flags)
{
    struct path_arg from, to;
    long rc;

    if ((flags & ~AT_SYMLINK_FOLLOW) != 0) /* AT_EMPTY_PATH: NetBSD cannot link an open file */
        return -EINVAL;
    rc = path_begin(&from, fromfd, ufrom);
    if (rc < 0)
        return rc;
    rc = path_begin(&to, tofd, uto);
    if (rc == 0)
        rc = path_end(&to, rump___sysimpl_linkat(from.dirfd, from.path, to.dirfd, to.path,
                                                 flags != 0 ? NB_AT_SYMLINK_FOLLOW : 0));
    kfree(from.path);
    return rc;
}

long sys_link(uintptr_t from, uintptr_t to)
{
    return sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

long sys_symlinkat(uintptr_t utarget, int dirfd, uintptr_t upath)
{
    struct path_arg pa;
    char *target;
    long rc = path_get(utarget, false, &target);

    if (rc < 0)
        return rc;
    rc = path_begin(&pa, dirfd, upath);
    if (rc == 0)
        rc = path_end(&pa, rump___sysimpl_symlinkat(target, pa.dirfd, pa.path));
    kfree(target);
    return rc;
}

long sys_symlink(uintptr_t target, uintptr_t path)
{
    return sys_symlinkat(target, AT_FDCWD, path);
}

long sys_readlinkat(int dirfd, uintptr_t upath, uintptr_t ubuf, size_t size)
{
    struct path_arg pa;
    char *buf;
    long rc;

    if ((int)size <= 0)
        return -EINVAL;
    rc = path_begin(&pa, dirfd, upath);
    if (rc < 0)
        return rc;
    if (size > NB_PATH_MAX)
        size = NB_PATH_MAX;
    buf = kmalloc(size, MEM_LINUX);
    if (buf == NULL)
        rc = -ENOMEM;
    else
        rc = rump_result(rump___sysimpl_readlinkat(pa.dirfd, pa.path, buf, size));
    if (rc > 0) {
        long copied = copy_to_user(ubuf, buf, (size_t)rc);

        if (copied < 0)
            rc = copied;
    }
    kfree(buf);
    kfree(pa.path);
    return rc;
}

long sys_readlink(uintptr_t path, uintptr_t buf, size_t size)
{
    return sys_readlinkat(AT_FDCWD, path, buf, size);
}

/* ---- working directory ----------------------------------------------------------------------- */

long sys_chdir(uintptr_t upath)
{
    struct path_arg pa;
    long rc = path_begin(&pa, AT_FDCWD, upath);

    return rc < 0 ? rc : path_end(&pa, rump___sysimpl_chdir(pa.path));
}

long sys_chroot(uintptr_t upath)
{
    struct path_arg pa;
    long rc = path_begin(&pa, AT_FDCWD, upath);

    return rc < 0 ? rc : path_end(&pa, rump___sysimpl_chroot(pa.path));
}

long sys_fchdir(int fd)
{
    struct file *f = fd_get(fd);
    struct rump_file *rf;
    long rc;

    if (f == NULL)
        return -EBADF;
    rf = rump_file_of(f);
    rump_attach();
    rc = rf == NULL ? -ENOTDIR : rump_result(rump___sysimpl_fchdir(rf->fd));
    file_unref(f);
    return rc;
}

long sys_getcwd(uintptr_t ubuf, size_t size)
{
    char *buf = kmalloc(NB_PATH_MAX, MEM_LINUX);
    long rc;

    if (buf == NULL)
        return -ENOMEM;
    rump_attach();
    rc = rump_result(rump___sysimpl___getcwd(buf, NB_PATH_MAX));
    if (rc >= 0) {
        size_t len = strnlen(buf, NB_PATH_MAX - 1) + 1;

        rc = size < len ? -ERANGE : copy_to_user(ubuf, buf, len);
        if (rc == 0)
            rc = (long)len;
    }
    kfree(buf);
    return rc;
}

long sys_umask(unsigned mask)
{
    rump_attach();
    return (long)rump___sysimpl_umask(mask & 0777);
}

/* ---- directories ----------------------------------------------------------------------------- */

#define DENTS_BUFFER ((size_t)4096)
#define DENT_HEADER  offsetof(struct linux_dirent64, d_name)

struct linux_dirent64 {
    uint64_t d_ino;
    int64_t d_off;
    uint16_t d_reclen;
    uint8_t d_type;
    char d_name[];
};

/*
 * Convert the records in `in`; the client's buffer has room for all of them (see sys_getdents64).
 */
static long put_dents(uintptr_t ubuf, const char *in, size_t len, int64_t end)
{
    union {
        struct linux_dirent64 d;
        char bytes[DENT_HEADER + NB_NAME_MAX + 1 + 7];
    } out;
    size_t used = 0;

    for (size_t at = 0; at + NB_DIRENT_HEADER <= len;) {
        struct nb_dirent nb;
        size_t namelen;
        size_t reclen;
        long rc;

        memcpy(&nb, in + at, NB_DIRENT_HEADER);
        namelen = nb.d_namlen;
        if (nb.d_reclen == 0 || nb.d_reclen > len - at || namelen > NB_NAME_MAX ||
            NB_DIRENT_HEADER + namelen > nb.d_reclen)
            return -EIO;
        reclen = (DENT_HEADER + namelen + 1 + 7) & ~(size_t)7;
        memset(&out, 0, reclen);
        out.d.d_ino = nb.d_fileno;
        out.d.d_off = end; /* of the batch: NetBSD does not tell places in between */
        out.d.d_reclen = (uint16_t)reclen;
        out.d.d_type = nb.d_type;
        memcpy(out.d.d_name, in + at + NB_DIRENT_HEADER, namelen);
        rc = nb.d_fileno == 0 ? 0 : copy_to_user(ubuf + used, &out, reclen);
        if (rc < 0)
            return rc;
        if (nb.d_fileno != 0)
            used += reclen;
        at += nb.d_reclen;
    }
    return (long)used;
}

/*
 * Linux's records are larger: 24 bytes for NetBSD's shortest of 16 and never more than half as long
 * again. So two thirds of the client's room is what may be asked for; a client must leave room for
 * one longest name.
 */
long sys_getdents64(int fd, uintptr_t ubuf, size_t size)
{
    size_t ask = size / 3 * 2 < DENTS_BUFFER ? size / 3 * 2 : DENTS_BUFFER;
    struct file *f = fd_get(fd);
    char *buf;
    long rc;
    struct nb_stat st;
    struct rump_file *rf;

    if (f == NULL)
        return -EBADF;
    rf = f->ops == &rump_file_ops ? f->priv : NULL;
    buf = rf == NULL ? NULL : kmalloc(DENTS_BUFFER, MEM_LINUX);
    rump_attach();
    if (rf == NULL)
        rc = -ENOTDIR;
    else if (buf == NULL)
        rc = -ENOMEM;
    else
        rc = rump_result(rump___sysimpl_getdents30(rf->fd, buf, ask));
    if (rc == -EINVAL && rump___sysimpl_fstat50(rf->fd, &st) == 0 &&
        (st.st_mode & NB_S_IFMT) != NB_S_IFDIR)
        rc = -ENOTDIR;
    if (rc > 0)
        rc = put_dents(ubuf, buf, (size_t)rc, rump___sysimpl_lseek(rf->fd, 0, NB_SEEK_CUR));
    kfree(buf);
    file_unref(f);
    return rc;
}
