/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* syscalls_name.c - client calls that make, move and remove names. */
#include "components/call.h"

int call_start(int dirfd, const char *path, struct kfile **dirfile, struct node **start)
{
    int error;

    *start = curproc()->cwd;
    if (dirfd == NB_AT_FDCWD || path[0] == '/')
        return 0;
    error = kfd_get(dirfd, dirfile);
    if (error != 0)
        return error;
    *start = kfile_node(*dirfile);
    return *start != NULL && node_is_dir(*start) ? 0 : NB_ENOTDIR;
}

int call_begin(struct path_call *c, int dirfd, const char *path, unsigned flags)
{
    struct node *start;
    int error;

    *c = (struct path_call){NULL, NULL};
    kern_enter();
    fs_enter();
    c->lk = kern_alloc(sizeof(*c->lk));
    if (c->lk == NULL)
        return NB_ENOMEM;
    error = call_start(dirfd, path, &c->dirfile, &start);
    return error != 0 ? error : fs_lookup(start, path, flags, c->lk);
}

intptr_t call_end(struct path_call *c, int error, intptr_t value)
{
    fs_exit();
    kern_free(c->lk, sizeof(*c->lk));
    if (c->dirfile != NULL)
        kfile_put(c->dirfile);
    return kern_return(error, value);
}

/* ---- making ---------------------------------------------------------------------------------- */

int rump___sysimpl_mkdirat(int dirfd, const char *path, uint32_t mode)
{
    struct path_call c;
    struct node *n;
    int error = call_begin(&c, dirfd, path, LOOKUP_CREATE);

    if (error == 0 && c.lk->node != NULL)
        error = NB_EEXIST;
    if (error == 0)
        error = fs_create(c.lk, NB_S_IFDIR | (mode & NB_ALLPERMS & ~curproc()->umask), &n);
    if (error == 0)
        node_unref(n);
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_mkdir(const char *path, uint32_t mode)
{
    return rump___sysimpl_mkdirat(NB_AT_FDCWD, path, mode);
}

int rump___sysimpl_symlinkat(const char *target, int dirfd, const char *path)
{
    size_t len = strlen(target);
    struct path_call c;
    struct node *n;
    int error = call_begin(&c, dirfd, path, LOOKUP_CREATE);
    char *copy;

    if (error == 0 && c.lk->node != NULL)
        error = NB_EEXIST;
    if (error == 0 && (len == 0 || len >= NB_PATH_MAX))
        error = len == 0 ? NB_ENOENT : NB_ENAMETOOLONG;
    copy = error == 0 ? kern_strndup(target, len) : NULL;
    if (error == 0 && copy == NULL)
        error = NB_ENOSPC;
    if (error == 0)
        error = fs_create(c.lk, NB_S_IFLNK | 0777, &n);
    if (error == 0) {
        n->link.target = copy;
        n->link.len = len;
        node_unref(n);
    } else {
        kern_free(copy, len + 1);
    }
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_symlink(const char *target, const char *path)
{
    return rump___sysimpl_symlinkat(target, NB_AT_FDCWD, path);
}

intptr_t rump___sysimpl_readlinkat(int dirfd, const char *path, char *buf, size_t n)
{
    struct path_call c;
    size_t len = 0;
    int error = call_begin(&c, dirfd, path, 0);

    if (error == 0 && node_type(c.lk->node) != NB_S_IFLNK)
        error = NB_EINVAL;
    if (error == 0) {
        len = c.lk->node->link.len < n ? c.lk->node->link.len : n;
        memcpy(buf, c.lk->node->link.target, len);
    }
    return call_end(&c, error, (intptr_t)len);
}

intptr_t rump___sysimpl_readlink(const char *path, char *buf, size_t n)
{
    return rump___sysimpl_readlinkat(NB_AT_FDCWD, path, buf, n);
}

/* ---- two names ------------------------------------------------------------------------------- */

/* Look up the second path of a call into a lookup of its own, which the caller frees. */
static int second_path(int dirfd, const char *path, unsigned flags, struct lookup **lkp,
                       struct kfile **dirfile)
{
    struct node *start;
    int error;

    *dirfile = NULL;
    *lkp = kern_alloc(sizeof(**lkp));
    if (*lkp == NULL)
        return NB_ENOMEM;
    error = call_start(dirfd, path, dirfile, &start);
    return error != 0 ? error : fs_lookup(start, path, flags, *lkp);
}

static void second_end(struct lookup *lk, struct kfile *dirfile)
{
    kern_free(lk, sizeof(*lk));
    if (dirfile != NULL)
        kfile_put(dirfile);
}

int rump___sysimpl_linkat(int fromfd, const char *from, int tofd, const char *to, int flags)
{
    struct path_call c;
    struct lookup *lk = NULL;
    struct kfile *dirfile = NULL;
    int error =
        call_begin(&c, fromfd, from, (flags & NB_AT_SYMLINK_FOLLOW) != 0 ? LOOKUP_FOLLOW : 0);
    int result;

    if (error == 0)
        error = second_path(tofd, to, LOOKUP_CREATE, &lk, &dirfile);
    if (error == 0) {
        if (lk->node != NULL)
            error = NB_EEXIST;
        else if (node_is_dir(c.lk->node))
            error = NB_EPERM;
        else if (lk->want_dir)
            error = NB_ENOENT;
        else if (c.lk->node->mount != lk->parent->mount)
            error = NB_EXDEV;
        else
            error = dir_add(lk->parent, lk->name, lk->namelen, c.lk->node);
    }
    result = (int)call_end(&c, error, 0);
    second_end(lk, dirfile);
    return result;
}

int rump___sysimpl_link(const char *from, const char *to)
{
    return rump___sysimpl_linkat(NB_AT_FDCWD, from, NB_AT_FDCWD, to, NB_AT_SYMLINK_FOLLOW);
}

/* Is `dir` inside the tree under `top` (or that itself)? */
static bool inside(const struct node *dir, const struct node *top)
{
    while (dir != NULL) {
        if (dir == top)
            return true;
        if (dir == dir->mount->root)
            return false;
        dir = dir->dir.parent;
    }
    return false;
}

static int rename_check(const struct lookup *from, const struct lookup *to)
{
    const struct node *n = from->node, *old = to->node;

    if (from->entry == NULL || (old != NULL && to->entry == NULL))
        return NB_EINVAL; /* "." or ".." or "/" */
    if (from->parent->mount != to->parent->mount)
        return NB_EXDEV;
    if (n != from->entry->node || (old != NULL && old != to->entry->node))
        return NB_EBUSY; /* something is mounted there */
    if (node_is_dir(n) && inside(to->parent, n))
        return NB_EINVAL;
    if (to->want_dir && !node_is_dir(n))
        return NB_ENOTDIR;
    if (old == NULL)
        return 0;
    if (node_is_dir(n))
        return !node_is_dir(old) ? NB_ENOTDIR : !dir_empty(old) ? NB_ENOTEMPTY : 0;
    return node_is_dir(old) ? NB_EISDIR : 0;
}

static int rename_node(struct lookup *from, struct lookup *to)
{
    struct node *n = from->node;
    int error = rename_check(from, to);
    struct node *new_parent;

    if (error != 0 || to->node == n)
        return error;
    /* The new name first: if memory for it is short, nothing has changed. */
    error = dir_add(to->parent, to->name, to->namelen, n);
    if (error != 0)
        return error;
    if (to->node != NULL)
        dir_remove(to->parent, to->entry);
    new_parent = to->parent;
    dir_remove(from->parent, from->entry);
    if (node_is_dir(n))
        n->dir.parent = new_parent; /* removing the old name had cleared it */
    return 0;
}

int rump___sysimpl_renameat(int fromfd, const char *from, int tofd, const char *to)
{
    struct path_call c;
    struct lookup *lk = NULL;
    struct kfile *dirfile = NULL;
    int error = call_begin(&c, fromfd, from, 0);
    int result;

    if (error == 0)
        error = second_path(tofd, to, LOOKUP_CREATE, &lk, &dirfile);
    if (error == 0)
        error = rename_node(c.lk, lk);
    result = (int)call_end(&c, error, 0);
    second_end(lk, dirfile);
    return result;
}

int rump___sysimpl_rename(const char *from, const char *to)
{
    return rump___sysimpl_renameat(NB_AT_FDCWD, from, NB_AT_FDCWD, to);
}

/* ---- removing -------------------------------------------------------------------------------- */

static int remove_dir(struct lookup *lk)
{
    if (!node_is_dir(lk->node))
        return NB_ENOTDIR;
    if (lk->entry == NULL)
        return lk->namelen == 1 ? NB_EINVAL : lk->namelen == 2 ? NB_ENOTEMPTY : NB_EBUSY;
    if (lk->entry->node != lk->node)
        return NB_EBUSY; /* mounted on */
    if (!dir_empty(lk->node))
        return NB_ENOTEMPTY;
    dir_remove(lk->parent, lk->entry);
    return 0;
}

static int remove_file(struct lookup *lk)
{
    if (node_is_dir(lk->node))
        return NB_EPERM;
    dir_remove(lk->parent, lk->entry);
    return 0;
}

int rump___sysimpl_unlinkat(int dirfd, const char *path, int flags)
{
    struct path_call c;
    int error = call_begin(&c, dirfd, path, 0);

    if (error == 0)
        error = (flags & NB_AT_REMOVEDIR) != 0 ? remove_dir(c.lk) : remove_file(c.lk);
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_unlink(const char *path)
{
    return rump___sysimpl_unlinkat(NB_AT_FDCWD, path, 0);
}

int rump___sysimpl_rmdir(const char *path)
{
    return rump___sysimpl_unlinkat(NB_AT_FDCWD, path, NB_AT_REMOVEDIR);
}

/* ---- mounts ---------------------------------------------------------------------------------- */

int rump___sysimpl_mount50(const char *type, const char *path, int flags, void *data, size_t len)
{
    struct nb_tmpfs_args args = {.ta_version = 1, .ta_root_mode = 0755};
    struct path_call c;
    int error = call_begin(&c, NB_AT_FDCWD, path, LOOKUP_FOLLOW);

    (void)flags;
    if (error == 0 && strcmp(type, "tmpfs") != 0)
        error = NB_ENODEV;
    if (error == 0 && data != NULL) {
        if (len < sizeof(args))
            error = NB_EINVAL;
        else
            memcpy(&args, data, sizeof(args));
    }
    if (error == 0)
        error = fs_mount_create(c.lk->node, args.ta_size_max / KERN_PAGE_SIZE, args.ta_nodes_max,
                                args.ta_root_mode);
    return (int)call_end(&c, error, 0);
}

int rump___sysimpl_unmount(const char *path, int flags)
{
    struct path_call c;
    int error = call_begin(&c, NB_AT_FDCWD, path, LOOKUP_FOLLOW);

    (void)flags; /* MNT_FORCE included: memory in use is not taken away */
    if (error == 0)
        error = fs_mount_remove(c.lk->node);
    return (int)call_end(&c, error, 0);
}
