/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* fs_mem.c - nodes, directories and mounts of the in-memory file system. */
#include "components/fs.h"

#define MIN_NODES 1024

static struct rumpuser_mtx *fs_lock;
static struct list mounts = LIST_INIT(mounts);
static struct fs_mount *root_mount;
static uint64_t next_dev = 1;

void fs_enter(void)
{
    rumpuser_mutex_enter(fs_lock);
}

void fs_exit(void)
{
    rumpuser_mutex_exit(fs_lock);
}

struct node *fs_root(void)
{
    return root_mount->root;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

void node_ref(struct node *n)
{
    n->refs++;
}

static void node_free(struct node *n)
{
    switch (node_type(n)) {
    case NB_S_IFREG:
        memfile_free(n);
        break;
    case NB_S_IFLNK:
        kern_free(n->link.target, n->link.len + 1);
        break;
    default:
        break;
    }
    n->mount->nodes--;
    kern_free(n, sizeof(*n));
}

void node_unref(struct node *n)
{
    kern_assert(n->refs > 0);
    n->refs--;
    if (n->refs == 0 && n->nlink == 0)
        node_free(n);
}

int node_create(struct fs_mount *mnt, uint32_t mode, struct node **np)
{
    struct node *n;

    if (mnt->nodes >= mnt->max_nodes)
        return NB_ENOSPC;
    n = kern_alloc(sizeof(*n));
    if (n == NULL)
        return NB_ENOSPC;
    n->mount = mnt;
    n->ino = mnt->next_ino++;
    n->mode = mode;
    n->refs = 1;
    n->atim = n->mtim = n->ctim = n->btim = kern_now();
    if (node_is_dir(n)) {
        list_init(&n->dir.entries);
        n->dir.next_cookie = 2; /* 0 and 1 are "." and ".." */
    }
    mnt->nodes++;
    *np = n;
    return 0;
}

void node_touch(struct node *n)
{
    n->mtim = n->ctim = kern_now();
}

void node_accessed(struct node *n)
{
    n->atim = kern_now();
}

void node_stat(const struct node *n, struct nb_stat *st)
{
    memset(st, 0, sizeof(*st));
    st->st_dev = n->mount->dev;
    st->st_mode = n->mode;
    st->st_ino = n->ino;
    st->st_nlink = n->nlink;
    st->st_uid = n->uid;
    st->st_gid = n->gid;
    st->st_atim = n->atim;
    st->st_mtim = n->mtim;
    st->st_ctim = n->ctim;
    st->st_birthtim = n->btim;
    st->st_blksize = (int32_t)KERN_PAGE_SIZE;
    switch (node_type(n)) {
    case NB_S_IFREG:
        st->st_size = n->file.size;
        break;
    case NB_S_IFLNK:
        st->st_size = (int64_t)n->link.len;
        break;
    case NB_S_IFBLK:
    case NB_S_IFCHR:
        st->st_rdev = n->dev.rdev;
        if (n->dev.ops->size != NULL)
            st->st_size = (int64_t)n->dev.ops->size(n->dev.arg);
        break;
    default:
        break;
    }
    st->st_blocks = (st->st_size + 511) / 512;
}

/* ---- directories ----------------------------------------------------------------------------- */

struct dir_entry *dir_find(struct node *dir, const char *name, size_t len)
{
    list_for_each(it, &dir->dir.entries)
    {
        struct dir_entry *e = container_of(it, struct dir_entry, link);

        if (e->namelen == len && memcmp(e->name, name, len) == 0)
            return e;
    }
    return NULL;
}

static size_t entry_size(size_t namelen)
{
    return sizeof(struct dir_entry) + namelen + 1;
}

int dir_add(struct node *dir, const char *name, size_t len, struct node *n)
{
    struct dir_entry *e;

    if (len > NB_NAME_MAX)
        return NB_ENAMETOOLONG;
    if (dir->dir.parent == NULL)
        return NB_ENOENT; /* removed while someone was in it */
    e = kern_alloc(entry_size(len));
    if (e == NULL)
        return NB_ENOSPC;
    e->node = n;
    e->namelen = (uint16_t)len;
    memcpy(e->name, name, len);
    e->cookie = dir->dir.next_cookie++;
    list_add_tail(&dir->dir.entries, &e->link);
    n->nlink++;
    if (node_is_dir(n)) {
        n->nlink++;   /* "." */
        dir->nlink++; /* ".." */
        n->dir.parent = dir;
    }
    n->ctim = kern_now();
    node_touch(dir);
    return 0;
}

void dir_remove(struct node *dir, struct dir_entry *e)
{
    struct node *n = e->node;

    list_remove(&e->link);
    kern_free(e, entry_size(e->namelen));
    n->nlink--;
    if (node_is_dir(n)) {
        n->nlink--;
        dir->nlink--;
        n->dir.parent = NULL;
    }
    n->ctim = kern_now();
    node_touch(dir);
    node_ref(n);
    node_unref(n); /* frees it when this was the last hold */
}

bool dir_empty(const struct node *dir)
{
    return list_empty(&dir->dir.entries);
}

/* ---- mounts ---------------------------------------------------------------------------------- */

/* Pages of file contents all file systems together should keep to. */
static uint64_t page_limit(void)
{
    char value[24];
    uint64_t bytes;

    if (rumpuser_getparam("RUMP_MEMLIMIT", value, sizeof(value)) != 0 ||
        !kparse_u64(value, 10, &bytes))
        return UINT64_MAX;
    return bytes / KERN_PAGE_SIZE;
}

static int mount_new(const char *type, uint64_t max_pages, uint64_t max_nodes, uint32_t mode,
                     struct fs_mount **mp)
{
    struct fs_mount *mnt = kern_alloc(sizeof(*mnt));
    int error;

    if (mnt == NULL)
        return NB_ENOMEM;
    mnt->type = type;
    mnt->dev = next_dev++;
    mnt->next_ino = 2;
    mnt->max_pages = max_pages;
    mnt->max_nodes = max_nodes;
    error = node_create(mnt, NB_S_IFDIR | (mode & NB_ALLPERMS), &mnt->root);
    if (error != 0) {
        kern_free(mnt, sizeof(*mnt));
        return error;
    }
    mnt->root->nlink = 2;
    mnt->root->dir.parent = mnt->root;
    list_add_tail(&mounts, &mnt->link);
    *mp = mnt;
    return 0;
}

void fs_init(void)
{
    uint64_t pages;

    rumpuser_mutex_init(&fs_lock, 0);
    pages = page_limit();
    if (mount_new("rumpfs", pages, pages < MIN_NODES ? MIN_NODES : pages, 0755, &root_mount) != 0)
        kern_panic("memory for the root file system");
}

int fs_mount_create(struct node *on, uint64_t max_pages, uint64_t max_nodes, uint32_t mode)
{
    struct fs_mount *mnt;
    int error;

    if (!node_is_dir(on))
        return NB_ENOTDIR;
    if (on->dir.mounted != NULL || on->mount->root == on)
        return NB_EBUSY;
    if (max_pages == 0)
        max_pages = page_limit() / 2;
    if (max_nodes == 0)
        max_nodes = max_pages < MIN_NODES ? MIN_NODES : max_pages;
    error = mount_new("tmpfs", max_pages, max_nodes, mode, &mnt);
    if (error != 0)
        return error;
    node_ref(on);
    mnt->covered = on;
    on->dir.mounted = mnt;
    return 0;
}

/* True when somebody has a file or directory of the tree open. */
static bool tree_in_use(const struct node *dir)
{
    list_for_each(it, &dir->dir.entries)
    {
        const struct node *n = container_of(it, struct dir_entry, link)->node;

        if (n->refs > 0)
            return true;
        if (node_is_dir(n) && (n->dir.mounted != NULL || tree_in_use(n)))
            return true;
    }
    return false;
}

static void tree_free(struct node *dir)
{
    while (!list_empty(&dir->dir.entries)) {
        struct dir_entry *e = container_of(dir->dir.entries.next, struct dir_entry, link);

        if (node_is_dir(e->node))
            tree_free(e->node);
        dir_remove(dir, e);
    }
}

int fs_mount_remove(struct node *root)
{
    struct fs_mount *mnt = root->mount;

    if (mnt->root != root || mnt->covered == NULL)
        return NB_EINVAL;
    if (root->refs > 1 || tree_in_use(root))
        return NB_EBUSY;
    tree_free(root);
    if (mnt->nodes != 1)
        return NB_EBUSY; /* an unlinked file is still open */
    mnt->covered->dir.mounted = NULL;
    node_unref(mnt->covered);
    list_remove(&mnt->link);
    root->nlink = 0;
    node_unref(root);
    kern_free(mnt, sizeof(*mnt));
    return 0;
}

void fs_statvfs(const struct fs_mount *mnt, struct nb_statvfs *buf)
{
    memset(buf, 0, sizeof(*buf));
    buf->f_bsize = buf->f_frsize = buf->f_iosize = KERN_PAGE_SIZE;
    buf->f_blocks = mnt->max_pages;
    buf->f_bfree = buf->f_bavail = mnt->max_pages - mnt->pages;
    buf->f_files = mnt->max_nodes;
    buf->f_ffree = buf->f_favail = mnt->max_nodes - mnt->nodes;
    buf->f_fsid = mnt->dev;
    buf->f_fsidx[0] = (int32_t)mnt->dev;
    buf->f_namemax = NB_NAME_MAX;
    kstrlcpy(buf->f_fstypename, mnt->type, sizeof(buf->f_fstypename));
}
