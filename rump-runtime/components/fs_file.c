/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* fs_file.c - open files that have a name: regular files, directories, devices. */
#include "components/fs.h"

/* What an open file of a node keeps. */
struct node_file {
    struct node *node; /* referenced */
    void *priv;        /* a device's */
};

static bool is_device(const struct node *n)
{
    return node_type(n) == NB_S_IFCHR || node_type(n) == NB_S_IFBLK;
}

static int file_read(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock)
{
    struct node_file *nf = f->data;
    size_t before = uio->resid;

    (void)nonblock;
    if (is_device(nf->node))
        return nf->node->dev.ops->read(nf->priv, uio, off);
    if (node_is_dir(nf->node))
        return NB_EISDIR;
    fs_enter();
    memfile_read(nf->node, uio, *off);
    if (before != 0)
        node_accessed(nf->node); /* at the end of the file too: POSIX, read() */
    fs_exit();
    *off += (int64_t)(before - uio->resid);
    return 0;
}

static int file_write(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock)
{
    struct node_file *nf = f->data;
    size_t before = uio->resid;
    int error;

    (void)nonblock;
    if (is_device(nf->node))
        return nf->node->dev.ops->write(nf->priv, uio, off, f->flags);
    fs_enter();
    if ((f->flags & NB_O_APPEND) != 0)
        *off = nf->node->file.size;
    error = memfile_write(nf->node, uio, *off);
    fs_exit();
    *off += (int64_t)(before - uio->resid);
    return before != uio->resid ? 0 : error; /* a short write before an error counts */
}

static int file_ioctl(struct kfile *f, unsigned long request, void *arg)
{
    struct node_file *nf = f->data;

    if (is_device(nf->node) && nf->node->dev.ops->ioctl != NULL)
        return nf->node->dev.ops->ioctl(nf->priv, request, arg);
    if (request == NB_FIONREAD && node_type(nf->node) == NB_S_IFREG) {
        int64_t left = nf->node->file.size - f->off;

        *(int *)arg = left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
        return 0;
    }
    return NB_ENOTTY;
}

static int file_stat(struct kfile *f, struct nb_stat *st)
{
    struct node_file *nf = f->data;

    fs_enter();
    node_stat(nf->node, st);
    fs_exit();
    return 0;
}

static void file_close(struct kfile *f)
{
    struct node_file *nf = f->data;

    if (is_device(nf->node) && nf->node->dev.ops->close != NULL)
        nf->node->dev.ops->close(nf->priv);
    fs_enter();
    node_unref(nf->node);
    fs_exit();
    kern_free(nf, sizeof(*nf));
}

const struct kfile_ops node_file_ops = {
    .read = file_read,
    .write = file_write,
    .ioctl = file_ioctl,
    .stat = file_stat,
    .poll = poll_always_ready,
    .close = file_close,
};

int node_open(struct node *n, unsigned flags, struct kfile **fp)
{
    struct node_file *nf;
    int error = 0;

    if (node_type(n) == NB_S_IFSOCK)
        return NB_EOPNOTSUPP;
    nf = kern_alloc(sizeof(*nf));
    if (nf == NULL)
        return NB_ENOMEM;
    nf->node = n;
    if (is_device(n) && n->dev.ops->open != NULL)
        error = n->dev.ops->open(n->dev.arg, flags, &nf->priv);
    if (error == 0) {
        error = kfile_create(&node_file_ops, nf, flags, fp);
        if (error != 0 && is_device(n) && n->dev.ops->close != NULL)
            n->dev.ops->close(nf->priv);
    }
    if (error != 0) {
        kern_free(nf, sizeof(*nf));
        return error;
    }
    (*fp)->seekable = node_type(n) != NB_S_IFCHR || n->dev.ops->size != NULL;
    fs_enter();
    node_ref(n);
    fs_exit();
    return 0;
}

struct node *kfile_node(struct kfile *f)
{
    return f->ops == &node_file_ops ? ((struct node_file *)f->data)->node : NULL;
}

int node_file_fsync(struct kfile *f)
{
    struct node_file *nf = f->data;

    if (is_device(nf->node) && nf->node->dev.ops->fsync != NULL)
        return nf->node->dev.ops->fsync(nf->priv);
    return 0; /* memory has no later */
}

/* ---- directories ----------------------------------------------------------------------------- */

/* Append one record. False when it does not fit. */
static bool put_dirent(char *buf, size_t n, size_t *used, uint64_t ino, uint32_t mode,
                       const char *name, size_t namelen)
{
    size_t reclen = (NB_DIRENT_HEADER + namelen + 1 + 7) & ~(size_t)7;
    struct nb_dirent d = {.d_fileno = ino,
                          .d_reclen = (uint16_t)reclen,
                          .d_namlen = (uint16_t)namelen,
                          .d_type = (uint8_t)((mode & NB_S_IFMT) >> 12)};

    if (reclen > n - *used)
        return false;
    memset(buf + *used, 0, reclen);
    memcpy(buf + *used, &d, NB_DIRENT_HEADER);
    memcpy(buf + *used + NB_DIRENT_HEADER, name, namelen);
    *used += reclen;
    return true;
}

int node_file_getdents(struct kfile *f, char *buf, size_t n, size_t *got)
{
    struct node *dir = kfile_node(f);
    bool full = false;

    *got = 0;
    if (dir == NULL || !node_is_dir(dir))
        return dir == NULL ? NB_EINVAL : NB_ENOTDIR;
    fs_enter();
    if (f->off == 0 && put_dirent(buf, n, got, dir->ino, NB_S_IFDIR, ".", 1))
        f->off = 1;
    if (f->off == 1) {
        struct node *up = dir->dir.parent == NULL ? dir : dir->dir.parent;

        if (put_dirent(buf, n, got, up->ino, NB_S_IFDIR, "..", 2))
            f->off = 2;
    }
    full = f->off < 2;
    list_for_each(it, &dir->dir.entries)
    {
        struct dir_entry *e = container_of(it, struct dir_entry, link);

        if (full)
            break;
        if (e->cookie < f->off)
            continue;
        full = !put_dirent(buf, n, got, e->node->ino, e->node->mode, e->name, e->namelen);
        if (!full)
            f->off = e->cookie + 1;
    }
    fs_exit();
    return full && *got == 0 ? NB_EINVAL : 0; /* not even one fits */
}
