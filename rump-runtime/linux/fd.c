/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Open files and the descriptor table; dup, fcntl and their kin. */
#include "linux/file.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/fdtable.h"
#include "linux/process.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

/* What F_SETFL may change; the rest of its argument is ignored, as on Linux. */
#define SETFL_MASK (O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK)

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

static struct file *table[FD_LIMIT];
static unsigned generation;
static bool close_on_exec[FD_LIMIT]; /* kept for F_GETFD: there is no exec */

/* ---- files ----------------------------------------------------------------------------------- */

struct file *file_create(const struct file_ops *ops, void *priv, unsigned flags)
{
    struct file *f = kzalloc(sizeof(*f), MEM_LINUX);

    if (f == NULL)
        return NULL;
    f->ops = ops;
    f->priv = priv;
    f->flags = flags & ~O_CLOEXEC;
    f->refs = 1;
    list_init(&f->watchers);
    return f;
}

void file_last_unref(struct file *f)
{
    kassert(f->refs == 0);
    while (!list_empty(&f->watchers)) {
        struct file_watcher *w = container_of(f->watchers.next, struct file_watcher, link);

        w->gone(w);
    }
    if (f->ops->release != NULL)
        f->ops->release(f);
    kfree(f);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

struct file *fd_get(int fd)
{
    struct file *f;

    if (fd < 0 || fd >= FD_LIMIT || table[fd] == NULL)
        return NULL;
    f = table[fd];
    f->refs++;
    return f;
}

struct file *fd_peek(int fd)
{
    return fd >= 0 && fd < FD_LIMIT ? table[fd] : NULL;
}

unsigned fd_generation(void)
{
    return generation;
}

int fd_install(struct file *f, int min, bool cloexec)
{
    int limit = (int)process.limits[RLIMIT_NOFILE].rlim_cur;

    for (int fd = min; fd < limit; fd++) {
        if (table[fd] == NULL) {
            table[fd] = f;
            generation++;
            close_on_exec[fd] = cloexec;
            return fd;
        }
    }
    return -EMFILE;
}

int fd_install_at(struct file *f, int fd, bool cloexec)
{
    struct file *old;

    if (fd < 0 || fd >= (int)process.limits[RLIMIT_NOFILE].rlim_cur)
        return -EBADF;
    old = table[fd];
    table[fd] = f;
    generation++;
    close_on_exec[fd] = cloexec;
    if (old != NULL)
        file_unref(old);
    return fd;
}

int fd_create(const struct file_ops *ops, void *priv, unsigned flags, bool cloexec)
{
    struct file *f = file_create(ops, priv, flags);
    int fd;

    if (f == NULL)
        return -ENOMEM;
    fd = fd_install(f, 0, cloexec);
    if (fd < 0)
        kfree(f); /* not file_unref(): priv stays the caller's */
    return fd;
}

int fd_close(int fd)
{
    struct file *f;

    if (fd < 0 || fd >= FD_LIMIT || table[fd] == NULL)
        return -EBADF;
    f = table[fd];
    table[fd] = NULL;
    generation++;
    file_unref(f);
    return 0;
}

/* ---- system calls ---------------------------------------------------------------------------- */

long sys_close(int fd)
{
    return fd_close(fd);
}

long sys_close_range(unsigned first, unsigned last, unsigned flags)
{
    if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
        return -EINVAL;
    for (unsigned fd = first; fd <= last && fd < FD_LIMIT; fd++) {
        if (table[fd] == NULL)
            continue;
        if (flags & CLOSE_RANGE_CLOEXEC)
            close_on_exec[fd] = true;
        else
            fd_close((int)fd);
    }
    return 0;
}

static long dup_from(int fd, int min, bool cloexec)
{
    struct file *f = fd_get(fd);
    int rc;

    if (f == NULL)
        return -EBADF;
    rc = fd_install(f, min, cloexec);
    if (rc < 0)
        file_unref(f);
    return rc;
}

long sys_dup(int fd)
{
    return dup_from(fd, 0, false);
}

static long dup_to(int from, int to, bool cloexec)
{
    struct file *f = fd_get(from);
    int rc;

    if (f == NULL)
        return -EBADF;
    rc = fd_install_at(f, to, cloexec);
    if (rc < 0)
        file_unref(f);
    return rc;
}

long sys_dup2(int from, int to)
{
    if (from == to) {
        struct file *f = fd_get(from);

        if (f == NULL)
            return -EBADF;
        file_unref(f);
        return to;
    }
    return dup_to(from, to, false);
}

long sys_dup3(int from, int to, unsigned flags)
{
    if ((flags & ~O_CLOEXEC) || from == to)
        return -EINVAL;
    return dup_to(from, to, flags & O_CLOEXEC);
}

long sys_fstat(int fd, uintptr_t ust)
{
    struct linux_stat st;
    struct file *f = fd_get(fd);
    long rc = 0;

    if (f == NULL)
        return -EBADF;
    memset(&st, 0, sizeof(st));
    if (f->ops->stat != NULL) {
        rc = f->ops->stat(f, &st);
    } else {
        /* As Linux shows event descriptors and the like: no file type. */
        st.st_mode = 0600;
        st.st_nlink = 1;
        st.st_blksize = (int64_t)PLAT_PAGE_SIZE;
    }
    file_unref(f);
    return rc < 0 ? rc : copy_to_user(ust, &st, sizeof(st));
}

/*
 * Record locks keep other processes out. There are none: requests are checked and granted, and a
 * query finds nobody in the way.
 */
static long record_lock(const struct file *f, int cmd, uintptr_t ulock)
{
    struct linux_flock lock;
    bool query = cmd == F_GETLK || cmd == F_OFD_GETLK;
    int rc = copy_from_user(&lock, ulock, sizeof(lock));

    if (rc < 0)
        return rc;
    if (lock.l_whence < SEEK_SET || lock.l_whence > SEEK_END)
        return -EINVAL;
    if (lock.l_type != F_RDLCK && lock.l_type != F_WRLCK && (query || lock.l_type != F_UNLCK))
        return -EINVAL;
    if (cmd >= F_OFD_GETLK && cmd <= F_OFD_SETLKW && lock.l_pid != 0)
        return -EINVAL;
    if (query) {
        lock.l_type = F_UNLCK;
        return copy_to_user(ulock, &lock, sizeof(lock));
    }
    if ((lock.l_type == F_RDLCK && !file_can_read(f)) ||
        (lock.l_type == F_WRLCK && !file_can_write(f)))
        return -EBADF;
    return 0;
}

static long set_flags(struct file *f, unsigned long arg)
{
    f->flags = (f->flags & ~SETFL_MASK) | ((unsigned)arg & SETFL_MASK);
    if (f->ops->flags_changed != NULL)
        f->ops->flags_changed(f);
    return 0;
}

static long file_fcntl(struct file *f, int fd, int cmd, unsigned long arg)
{
    switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (arg >= process.limits[RLIMIT_NOFILE].rlim_cur)
            return -EINVAL;
        return dup_from(fd, (int)arg, cmd == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return close_on_exec[fd] ? FD_CLOEXEC : 0;
    case F_SETFD:
        close_on_exec[fd] = arg & FD_CLOEXEC;
        return 0;
    case F_GETFL:
        return f->flags;
    case F_SETFL:
        return set_flags(f, arg);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return record_lock(f, cmd, arg);
    case F_GETOWN:
    case F_GETSIG:
        return 0;
    case F_SETOWN:
    case F_SETSIG:
        return 0; /* no O_ASYNC signals are ever sent */
    case F_GETLEASE:
        return F_UNLCK;
    case F_GET_SEALS:
    case F_ADD_SEALS:
        return f->ops->fcntl != NULL ? f->ops->fcntl(f, cmd, arg) : -EINVAL;
    default:
        return -EINVAL;
    }
}

long sys_fcntl(int fd, int cmd, unsigned long arg)
{
    struct file *f = fd_get(fd);
    long rc;

    if (f == NULL)
        return -EBADF;
    rc = file_fcntl(f, fd, cmd, arg);
    file_unref(f);
    return rc;
}

long sys_flock(int fd, int operation)
{
    struct file *f = fd_get(fd);

    if (f == NULL)
        return -EBADF;
    file_unref(f);
    operation &= ~LOCK_NB;
    return operation == LOCK_SH || operation == LOCK_EX || operation == LOCK_UN ? 0 : -EINVAL;
}
