/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * syscalls_path.c - client calls on names. The plain forms are the *at forms at the working
 * directory.
 */
#include "components/call.h"

/* ---- open ------------------------------------------------------------------------------------ */

/* With fs_lock; the node comes back referenced. */
static int open_node(struct lookup *lk, int flags, uint32_t mode, struct node **np)
{
    bool writing = (flags & NB_O_ACCMODE) != NB_O_RDONLY;
    struct node *n = lk->node;

    if (n == NULL) {
        if ((flags & NB_O_DIRECTORY) != 0)
            return NB_EINVAL;
        return fs_create(lk, NB_S_IFREG | (mode & NB_ALLPERMS & ~curproc()->umask), np);
    }
    if ((flags & NB_O_CREAT) != 0 && (flags & NB_O_EXCL) != 0)
        return NB_EEXIST;
    if ((flags & NB_O_DIRECTORY) != 0 && !node_is_dir(n))
        return NB_ENOTDIR;
    if (node_is_dir(n) && (writing || (flags & NB_O_CREAT) != 0))
        return NB_EISDIR;
    if (node_type(n) == NB_S_IFLNK)
        return NB_EFTYPE; /* only with O_NOFOLLOW; NetBSD's choice of error */
    if (node_type(n) == NB_S_IFREG && (flags & NB_O_TRUNC) != 0 && writing) {
        int error = memfile_truncate(n, 0);

        if (error != 0)
            return error;
    }
    node_ref(n);
    *np = n;
    return 0;
}

#define KEPT_FLAGS                                                                      \
    (NB_O_ACCMODE | NB_O_NONBLOCK | NB_O_APPEND | NB_O_ASYNC | NB_O_SYNC | NB_O_DSYNC | \
     NB_O_RSYNC | NB_O_DIRECT)

int rump___sysimpl_openat(int dirfd, const char *path, int flags, uint32_t mode)
{
    bool nofollow = (flags & NB_O_NOFOLLOW) != 0 ||
                    (flags & (NB_O_CREAT | NB_O_EXCL)) == (NB_O_CREAT | NB_O_EXCL);
    bool create = (flags & NB_O_CREAT) != 0;
    struct node *n = NULL;
    struct kfile *f;
    struct path_call c;
    int fd = -1;
    int error =
        call_begin(&c, dirfd, path, (nofollow ? 0 : LOOKUP_FOLLOW) | (create ? LOOKUP_CREATE : 0));

    if (error == 0 && (flags & NB_O_ACCMODE) == NB_O_ACCMODE)
        error = NB_EINVAL;
    if (error == 0)
        error = open_node(c.lk, flags, mode, &n);
    if (error == 0) {
        fs_exit(); /* a device's open may wait */
        error = node_open(n, (unsigned)flags & KEPT_FLAGS, &f);
        if (error == 0)
            error = kfd_install(f, 0, (flags & NB_O_CLOEXEC) != 0, &fd);
        fs_enter();
        node_unref(n);
    }
    return (int)call_end(&c, error, fd);
}

int rump___sysimpl_open(const char *path, int flags, uint32_t mode)
{
    return rump___sysimpl_openat(NB_AT_FDCWD, path, flags, mode);
}

/* ---- attributes ------------------------------------------------------------------------------ */

static unsigned follow(int flags)
{
    return (flags & NB_AT_SYMLINK_NOFOLLOW) != 0 ? 0 : LOOKUP_FOLLOW;
}

int rump___sysimpl_fstatat(int dirfd, const char *path, struct nb_stat *st, int flags)
{
    struct path_call c;
    int error = call_begin(&c, dirfd, path, follow(flags));

    if (error == 0)
        node_stat(c.lk->node, st);
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_stat50(const char *path, struct nb_stat *st)
{
    return rump___sysimpl_fstatat(NB_AT_FDCWD, path, st, 0);
}

int rump___sysimpl_lstat50(const char *path, struct nb_stat *st)
{
    return rump___sysimpl_fstatat(NB_AT_FDCWD, path, st, NB_AT_SYMLINK_NOFOLLOW);
}

int rump___sysimpl_faccessat(int dirfd, const char *path, int mode, int flags)
{
    struct path_call c;
    int error = call_begin(&c, dirfd, path, follow(flags));

    if (error == 0 && (mode & ~(NB_R_OK | NB_W_OK | NB_X_OK)) != 0)
        error = NB_EINVAL;
    /* The client is root: only execution can be refused, when nobody may. */
    if (error == 0 && (mode & NB_X_OK) != 0 && !node_is_dir(c.lk->node) &&
        (c.lk->node->mode & 0111) == 0)
        error = NB_EACCES;
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_access(const char *path, int mode)
{
    return rump___sysimpl_faccessat(NB_AT_FDCWD, path, mode, 0);
}

static void set_mode(struct node *n, uint32_t mode)
{
    n->mode = (n->mode & NB_S_IFMT) | (mode & NB_ALLPERMS);
    n->ctim = kern_now();
}

static void set_owner(struct node *n, uint32_t uid, uint32_t gid)
{
    if (uid != UINT32_MAX)
        n->uid = uid;
    if (gid != UINT32_MAX)
        n->gid = gid;
    n->ctim = kern_now();
}

static int set_one_time(struct nb_timespec *to, const struct nb_timespec *from)
{
    if (from->tv_nsec == NB_UTIME_OMIT)
        return 0;
    if (from->tv_nsec == NB_UTIME_NOW) {
        *to = kern_now();
        return 0;
    }
    if (from->tv_nsec < 0 || from->tv_nsec > 999999999)
        return NB_EINVAL;
    *to = *from;
    return 0;
}

static int set_times(struct node *n, const struct nb_timespec times[2])
{
    static const struct nb_timespec now[2] = {{0, NB_UTIME_NOW}, {0, NB_UTIME_NOW}};
    int error;

    if (times == NULL)
        times = now;
    error = set_one_time(&n->atim, &times[0]);
    if (error == 0)
        error = set_one_time(&n->mtim, &times[1]);
    if (error == 0)
        n->ctim = kern_now();
    return error;
}

int rump___sysimpl_fchmodat(int dirfd, const char *path, uint32_t mode, int flags)
{
    struct path_call c;
    int error = call_begin(&c, dirfd, path, follow(flags));

    if (error == 0)
        set_mode(c.lk->node, mode);
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_chmod(const char *path, uint32_t mode)
{
    return rump___sysimpl_fchmodat(NB_AT_FDCWD, path, mode, 0);
}

int rump___sysimpl_fchownat(int dirfd, const char *path, uint32_t uid, uint32_t gid, int flags)
{
    struct path_call c;
    int error = call_begin(&c, dirfd, path, follow(flags));

    if (error == 0)
        set_owner(c.lk->node, uid, gid);
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_chown(const char *path, uint32_t uid, uint32_t gid)
{
    return rump___sysimpl_fchownat(NB_AT_FDCWD, path, uid, gid, 0);
}

int rump___sysimpl_lchown(const char *path, uint32_t uid, uint32_t gid)
{
    return rump___sysimpl_fchownat(NB_AT_FDCWD, path, uid, gid, NB_AT_SYMLINK_NOFOLLOW);
}

int rump___sysimpl_utimensat(int dirfd, const char *path, const struct nb_timespec times[2],
                             int flags)
{
    struct path_call c;
    int error = call_begin(&c, dirfd, path, follow(flags));

    if (error == 0)
        error = set_times(c.lk->node, times);
    return (int)call_end(&c, error, 0);
}

/* What to do with the node of a descriptor. */
enum change { CHANGE_MODE, CHANGE_OWNER, CHANGE_TIMES, CHANGE_DIR };

static int change_fd(int fd, enum change what, uint32_t a, uint32_t b,
                     const struct nb_timespec *times)
{
    struct kfile *f;
    int error;
    struct node *n;

    kern_enter();
    error = kfd_get(fd, &f);
    if (error != 0)
        return (int)kern_return(error, 0);
    n = kfile_node(f);
    fs_enter();
    if (n == NULL) {
        error = what == CHANGE_DIR ? NB_ENOTDIR : NB_EINVAL;
    } else if (what == CHANGE_MODE) {
        set_mode(n, a);
    } else if (what == CHANGE_OWNER) {
        set_owner(n, a, b);
    } else if (what == CHANGE_TIMES) {
        error = set_times(n, times);
    } else if (!node_is_dir(n)) {
        error = NB_ENOTDIR;
    } else {
        node_ref(n);
        node_unref(curproc()->cwd);
        curproc()->cwd = n;
    }
    fs_exit();
    kfile_put(f);
    return (int)kern_return(error, 0);
}

int rump___sysimpl_fchmod(int fd, uint32_t mode)
{
    return change_fd(fd, CHANGE_MODE, mode, 0, NULL);
}

int rump___sysimpl_fchown(int fd, uint32_t uid, uint32_t gid)
{
    return change_fd(fd, CHANGE_OWNER, uid, gid, NULL);
}

int rump___sysimpl_futimens(int fd, const struct nb_timespec times[2])
{
    return change_fd(fd, CHANGE_TIMES, 0, 0, times);
}

int rump___sysimpl_fchdir(int fd)
{
    return change_fd(fd, CHANGE_DIR, 0, 0, NULL);
}

int rump___sysimpl_truncate(const char *path, int64_t size)
{
    struct path_call c;
    int error = call_begin(&c, NB_AT_FDCWD, path, LOOKUP_FOLLOW);

    if (error == 0 && node_type(c.lk->node) != NB_S_IFREG)
        error = node_is_dir(c.lk->node) ? NB_EISDIR : NB_EINVAL;
    if (error == 0)
        error = memfile_truncate(c.lk->node, size);
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_statvfs190(const char *path, struct nb_statvfs *buf, int flags)
{
    struct path_call c;
    int error = call_begin(&c, NB_AT_FDCWD, path, LOOKUP_FOLLOW);

    (void)flags;
    if (error == 0)
        fs_statvfs(c.lk->node->mount, buf);
    return (int)call_end(&c, error, 0);
}

/* ---- working directory ----------------------------------------------------------------------- */

int rump___sysimpl_chdir(const char *path)
{
    struct path_call c;
    int error = call_begin(&c, NB_AT_FDCWD, path, LOOKUP_FOLLOW);

    if (error == 0 && !node_is_dir(c.lk->node))
        error = NB_ENOTDIR;
    if (error == 0) {
        node_ref(c.lk->node);
        node_unref(curproc()->cwd);
        curproc()->cwd = c.lk->node;
    }
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_chroot(const char *path)
{
    struct path_call c;
    int error = call_begin(&c, NB_AT_FDCWD, path, LOOKUP_FOLLOW);

    if (error == 0 && !node_is_dir(c.lk->node))
        error = NB_ENOTDIR;
    if (error == 0) {
        node_ref(c.lk->node);
        node_unref(curproc()->root);
        curproc()->root = c.lk->node;
    }
    return (int)call_end(&c, error, 0);
}

/* Write the path of `dir` so that it ends at buf + size; where it starts, or the error. */
static int path_up(struct node *dir, char *buf, size_t size, size_t *start)
{
    size_t at = size - 1;

    buf[at] = '\0';
    while (dir != curproc()->root) {
        struct node *up;
        const struct dir_entry *found;

        if (dir == dir->mount->root) {
            if (dir->mount->covered == NULL)
                return NB_ENOENT; /* outside of the root directory */
            dir = dir->mount->covered;
            continue;
        }
        up = dir->dir.parent;
        found = NULL;
        if (up == NULL)
            return NB_ENOENT;
        list_for_each(it, &up->dir.entries)
        {
            const struct dir_entry *e = container_of(it, struct dir_entry, link);

            if (e->node == dir)
                found = e;
        }
        kern_assert(found != NULL);
        if (at < (size_t)found->namelen + 1)
            return NB_ERANGE;
        at -= found->namelen;
        memcpy(buf + at, found->name, found->namelen);
        buf[--at] = '/';
        dir = up;
    }
    if (buf[at] == '\0') {
        if (at == 0)
            return NB_ERANGE;
        buf[--at] = '/';
    }
    *start = at;
    return 0;
}

int rump___sysimpl___getcwd(char *buf, size_t n)
{
    size_t at = 0;
    int error;

    kern_enter();
    error = n == 0 ? NB_ERANGE : 0;
    if (error == 0) {
        fs_enter();
        error = path_up(curproc()->cwd, buf, n, &at);
        fs_exit();
        if (error == 0)
            memmove(buf, buf + at, n - at);
    }
    return (int)kern_return(error, (intptr_t)(n - at));
}

uint32_t rump___sysimpl_umask(uint32_t mask)
{
    uint32_t old;

    kern_enter();
    old = curproc()->umask;
    curproc()->umask = mask & 0777;
    return (uint32_t)kern_return(0, (intptr_t)old);
}
