/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * fs_ramdisk.c - fills the root from the boot ramdisk. File contents stay where they are: a node
 * only points there (struct memfile).
 */
#include "components/fs.h"

/*
 * Hard links of cpio (several names, one inode) come as copies, as the hypercall does not tell them
 * apart; device nodes and FIFOs in the archive are skipped, devfs has its own.
 */
static int fill_node(struct node *n, const struct rumpuser_ramdisk_entry *e)
{
    switch (e->mode & NB_S_IFMT) {
    case NB_S_IFREG:
        n->file.base = e->data;
        n->file.base_size = e->size;
        n->file.size = (int64_t)e->size;
        break;
    case NB_S_IFLNK:
        n->link.target = kern_strndup(e->data, e->size);
        if (n->link.target == NULL)
            return NB_ENOMEM;
        n->link.len = e->size;
        break;
    default:
        break;
    }
    n->mtim.tv_sec = n->ctim.tv_sec = e->mtime;
    n->mtim.tv_nsec = n->ctim.tv_nsec = 0;
    return 0;
}

static int add_entry(void *arg, const struct rumpuser_ramdisk_entry *e)
{
    struct lookup *lk = arg;
    uint32_t type = e->mode & NB_S_IFMT;
    char path[NB_PATH_MAX];
    struct node *n;
    int error;

    if (type != NB_S_IFREG && type != NB_S_IFDIR && type != NB_S_IFLNK)
        return 0;
    if (strlen(e->name) >= sizeof(path) - 1) {
        rumpuser_dprintf("rump kernel: ramdisk: name too long, skipped: %.60s...\n", e->name);
        return 0;
    }
    path[0] = '/';
    kstrlcpy(path + 1, e->name, sizeof(path) - 1);

    error = fs_make_path(path, lk);
    if (error != 0)
        return error;
    if (lk->node != NULL) {
        if (node_is_dir(lk->node) && type == NB_S_IFDIR) {
            lk->node->mode = e->mode;
            return 0;
        }
        if (node_is_dir(lk->node) || lk->entry == NULL || type == NB_S_IFDIR)
            return NB_EEXIST;
        dir_remove(lk->parent, lk->entry); /* as cpio does: the later one wins */
    }
    error = fs_create(lk, e->mode, &n);
    if (error != 0)
        return error;
    error = fill_node(n, e);
    node_unref(n);
    return error;
}

int ramdisk_fill(void)
{
    struct lookup *lk = kern_alloc(sizeof(*lk));
    int error;

    if (lk == NULL)
        return NB_ENOMEM;
    fs_enter();
    error = rumpuser_ramdisk_each(add_entry, lk);
    fs_exit();
    kern_free(lk, sizeof(*lk));
    return error;
}
