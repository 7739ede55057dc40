/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* ramfile.c - files of the ramdisk: their names in the rump kernel, their contents in place. */
#include "linux/rump/ramfile.h"

#include "core/errno.h"
#include "core/memory.h"
#include "core/ramdisk.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/iov.h"
#include "linux/uaccess.h"

#define NO_INODE UINT64_C(0)

struct ramfile {
    uint64_t ino;     /* in the root; NO_INODE: no name leads here any more */
    const char *data; /* NULL: the rump kernel has the contents */
    size_t size;
};

static struct {
    struct ramfile *files;
    size_t count;
    uint64_t dev;
} table;

/* ---- names ----------------------------------------------------------------------------------- */

static int count_file(const struct ramdisk_entry *e, void *arg)
{
    if ((e->mode & NB_S_IFMT) == NB_S_IFREG)
        ++*(size_t *)arg;
    return 0;
}

/* The directories on the way to a path that is "/" and what the ramdisk says. */
static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        long rc;

        *slash = '\0';
        rc = rump_result(rump___sysimpl_mkdir(path, 0755));
        *slash = '/';
        if (rc < 0 && rc != -EEXIST)
            return (int)rc;
    }
    return 0;
}

static long make_directory(const char *path, uint32_t mode)
{
    long rc = rump_result(rump___sysimpl_mkdir(path, mode));

    return rc == -EEXIST ? rump_result(rump___sysimpl_chmod(path, mode)) : rc;
}

static long make_link(const char *path, const struct ramdisk_entry *e)
{
    char target[NB_PATH_MAX];

    if (e->size >= sizeof(target))
        return -ENAMETOOLONG;
    memcpy(target, e->data, e->size);
    target[e->size] = '\0';
    return rump_result(rump___sysimpl_symlink(target, path));
}

static long make_file(const char *path, const struct ramdisk_entry *e)
{
    struct nb_timespec times[2] = {{.tv_sec = e->mtime}, {.tv_sec = e->mtime}};
    struct nb_stat st;
    long rc = rump_result(
        rump___sysimpl_open(path, NB_O_WRONLY | NB_O_CREAT | NB_O_EXCL, e->mode & NB_ALLPERMS));
    int fd = (int)rc;

    if (rc < 0)
        return rc;
    rc = rump_result(rump___sysimpl_futimens(fd, times));
    if (rc == 0)
        rc = rump_result(rump___sysimpl_fstat50(fd, &st));
    (void)rump___sysimpl_close(fd);
    if (rc == 0) {
        table.dev = st.st_dev;
        table.files[table.count++] =
            (struct ramfile){.ino = st.st_ino, .data = e->data, .size = e->size};
    }
    return rc;
}

static long make_entry(const char *path, const struct ramdisk_entry *e)
{
    switch (e->mode & NB_S_IFMT) {
    case NB_S_IFDIR:
        return make_directory(path, e->mode & NB_ALLPERMS);
    case NB_S_IFLNK:
        return make_link(path, e);
    case NB_S_IFREG:
        return make_file(path, e);
    default:
        return 0; /* devices have nodes of their own */
    }
}

/* The later one of two that have a name wins, as cpio has it. */
static long replace_entry(const char *path, const struct ramdisk_entry *e)
{
    struct nb_stat st;
    struct ramfile *ram;

    if (rump___sysimpl_lstat50(path, &st) != 0 || rump___sysimpl_unlink(path) != 0)
        return rump_result(-1);
    ram = ramfile_of(&st);
    if (ram != NULL)
        ramfile_nameless(ram);
    return make_entry(path, e);
}

static int enter(const struct ramdisk_entry *e, void *arg)
{
    char path[NB_PATH_MAX];
    long rc;

    (void)arg;
    if (ksnprintf(path, sizeof(path), "/%s", e->name) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    rc = make_entry(path, e);
    if (rc == -ENOENT) {
        rc = make_parents(path);
        if (rc == 0)
            rc = make_entry(path, e);
    }
    if (rc == -EEXIST)
        rc = replace_entry(path, e);
    return (int)rc;
}

int ramfiles_enter(void)
{
    uint32_t umask;
    size_t n = 0;
    int rc;

    ramdisk_for_each(count_file, &n);
    if (n == 0)
        return 0;
    table.files = kmalloc(n * sizeof(*table.files), MEM_LINUX);
    if (table.files == NULL)
        return -ENOMEM;
    umask = rump___sysimpl_umask(0);
    rc = ramdisk_for_each(enter, NULL);
    (void)rump___sysimpl_umask(umask);
    return rc;
}

struct ramfile *ramfile_of(const struct nb_stat *st)
{
    if ((st->st_mode & NB_S_IFMT) != NB_S_IFREG || st->st_dev != table.dev)
        return NULL;
    for (size_t i = 0; i < table.count; i++) {
        if (table.files[i].ino == st->st_ino)
            return table.files[i].data != NULL ? &table.files[i] : NULL;
    }
    return NULL;
}

int64_t ramfile_size(const struct ramfile *ram)
{
    return (int64_t)ram->size;
}

void ramfile_nameless(struct ramfile *ram)
{
    ram->ino = NO_INODE;
}

/* ---- contents -------------------------------------------------------------------------------- */

static long write_all(int fd, const char *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        long rc = rump_result(rump___sysimpl_write(fd, data + done, size - done));

        if (rc <= 0)
            return rc == 0 ? -ENOSPC : rc;
        done += (size_t)rc;
    }
    return rump_result(rump___sysimpl_lseek(fd, 0, NB_SEEK_SET));
}

int ramfile_give(struct ramfile *ram, int fd, bool keep)
{
    struct nb_timespec times[2];
    struct nb_stat st;
    long rc = 0;

    if (keep) {
        rc = rump_result(rump___sysimpl_fstat50(fd, &st));
        if (rc == 0)
            rc = write_all(fd, ram->data, ram->size);
        if (rc < 0) {
            (void)rump___sysimpl_ftruncate(fd, 0);
            return (int)rc;
        }
        /* Nobody has changed the file yet. */
        times[0] = st.st_atim;
        times[1] = st.st_mtim;
        (void)rump___sysimpl_futimens(fd, times);
    }
    ram->data = NULL;
    return 0;
}

static long ram_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    const struct ramfile *ram = ((struct rump_file *)f->priv)->ram;
    struct iov_cursor to = iov_begin(iov, n);
    size_t done;

    if (ram->data == NULL)
        return rump_file_ops.readv(f, iov, n, pos);
    if ((uint64_t)*pos >= ram->size)
        return 0;
    done = iov_write(&to, ram->data + *pos, ram->size - (size_t)*pos);
    *pos += (int64_t)done;
    return (long)done;
}

static long ram_stat(struct file *f, struct linux_stat *st)
{
    const struct ramfile *ram = ((struct rump_file *)f->priv)->ram;
    long rc = rump_file_ops.stat(f, st);

    if (rc == 0 && ram->data != NULL)
        rump_stat_size(st, ramfile_size(ram));
    return rc;
}

static int64_t ram_seek(struct file *f, int64_t off, int whence)
{
    struct linux_stat st;
    long rc = ram_stat(f, &st);
    int64_t base = whence == SEEK_CUR ? f->pos : whence == SEEK_END ? st.st_size : 0;

    if (rc < 0)
        return rc;
    if (whence == SEEK_DATA || whence == SEEK_HOLE) {
        if (off < 0 || off >= st.st_size)
            return -ENXIO;
        return whence == SEEK_DATA ? off : st.st_size;
    }
    if (__builtin_add_overflow(base, off, &off))
        return -EOVERFLOW;
    return off < 0 ? -EINVAL : off;
}

static long ram_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    struct linux_stat st;
    int64_t left;
    long rc;

    if (request != FIONREAD)
        return -ENOTTY;
    rc = ram_stat(f, &st);
    left = rc < 0 ? 0 : st.st_size - f->pos;
    return rc < 0 ? rc : put_user_u32(arg, left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : left);
}

static const void *ram_in_place(struct file *f, int64_t off, size_t *len)
{
    const struct ramfile *ram = ((struct rump_file *)f->priv)->ram;

    if (ram->data == NULL || (uint64_t)off >= ram->size)
        return NULL;
    *len = ram->size - (size_t)off;
    return ram->data + off;
}

static long ram_fsync(struct file *f, bool data_only)
{
    (void)f;
    (void)data_only;
    return 0; /* memory has no later */
}

static void ram_release(struct file *f)
{
    rump_file_ops.release(f);
}

const struct file_ops ramfile_ops = {
    .name = "ramdisk file",
    .readv = ram_readv,
    .ioctl = ram_ioctl,
    .seek = ram_seek,
    .stat = ram_stat,
    .fsync = ram_fsync,
    .in_place = ram_in_place,
    .release = ram_release,
};
