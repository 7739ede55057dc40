/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* fs_lookup.c - from a path to a node, and new names. */
#include "components/fs.h"

#define MAX_LINKS 32

/* Down to what is mounted on a directory. */
static struct node *cross_down(struct node *n)
{
    while (node_is_dir(n) && n->dir.mounted != NULL)
        n = n->dir.mounted->root;
    return n;
}

static struct node *parent_of(struct node *dir)
{
    if (dir == curproc()->root)
        return dir;
    while (dir == dir->mount->root && dir->mount->covered != NULL)
        dir = dir->mount->covered;
    /* A removed directory has no way up any more. */
    return dir->dir.parent == NULL ? dir : cross_down(dir->dir.parent);
}

/* Replace everything up to `rest` in lk->buf by the link's target. */
static int splice_link(struct lookup *lk, const struct node *link, const char *rest)
{
    size_t restlen = strlen(rest);

    if (link->link.len == 0)
        return NB_ENOENT;
    if (link->link.len + restlen >= sizeof(lk->buf))
        return NB_ENAMETOOLONG;
    memmove(lk->buf + link->link.len, rest, restlen + 1);
    memcpy(lk->buf, link->link.target, link->link.len);
    return 0;
}

int fs_lookup(struct node *start, const char *path, unsigned flags, struct lookup *lk)
{
    unsigned links = 0;
    struct node *dir;
    char *p;

    if (path[0] == '\0')
        return NB_ENOENT;
    if (kstrlcpy(lk->buf, path, sizeof(lk->buf)) >= sizeof(lk->buf))
        return NB_ENAMETOOLONG;

    dir = path[0] == '/' ? curproc()->root : start;
    p = lk->buf;
    for (;;) {
        struct node *next;
        struct dir_entry *entry;
        char *end;
        const char *rest;
        bool last;
        size_t len;

        while (*p == '/')
            p++;
        if (*p == '\0') { /* "/" alone, or a link to it */
            lk->parent = parent_of(dir);
            lk->node = dir;
            lk->entry = NULL;
            lk->name = p;
            lk->namelen = 0;
            lk->want_dir = true;
            return 0;
        }
        end = p;
        while (*end != '/' && *end != '\0')
            end++;
        rest = end;
        while (*rest == '/')
            rest++;
        last = *rest == '\0';
        len = (size_t)(end - p);
        if (len > NB_NAME_MAX)
            return NB_ENAMETOOLONG;
        if (!node_is_dir(dir))
            return NB_ENOTDIR;

        entry = NULL;
        if (len == 1 && p[0] == '.') {
            next = dir;
        } else if (len == 2 && p[0] == '.' && p[1] == '.') {
            next = parent_of(dir);
        } else {
            entry = dir_find(dir, p, len);
            next = entry == NULL ? NULL : cross_down(entry->node);
        }
        if (last) {
            lk->parent = dir;
            lk->node = next;
            lk->entry = entry;
            lk->name = p;
            lk->namelen = len;
            lk->want_dir = *end == '/';
        }
        if (next == NULL)
            return last && (flags & LOOKUP_CREATE) != 0 ? 0 : NB_ENOENT;
        if (node_type(next) == NB_S_IFLNK &&
            (!last || lk->want_dir || (flags & LOOKUP_FOLLOW) != 0)) {
            int error;

            if (++links > MAX_LINKS)
                return NB_ELOOP;
            error = splice_link(lk, next, end);
            if (error != 0)
                return error;
            if (lk->buf[0] == '/')
                dir = curproc()->root;
            p = lk->buf;
            continue;
        }
        if (last)
            return lk->want_dir && !node_is_dir(next) ? NB_ENOTDIR : 0;
        dir = next;
        p = end;
    }
}

int fs_create(struct lookup *lk, uint32_t mode, struct node **np)
{
    struct node *n;
    int error;

    if (lk->want_dir && (mode & NB_S_IFMT) != NB_S_IFDIR)
        return NB_EISDIR;
    error = node_create(lk->parent->mount, mode, &n);
    if (error != 0)
        return error;
    error = dir_add(lk->parent, lk->name, lk->namelen, n);
    if (error != 0) {
        node_unref(n);
        return error;
    }
    *np = n;
    return 0;
}

int fs_make_path(const char *path, struct lookup *lk)
{
    char part[NB_PATH_MAX];

    if (path[0] != '/')
        return NB_EINVAL;
    if (kstrlcpy(part, path, sizeof(part)) >= sizeof(part))
        return NB_ENAMETOOLONG;
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        struct node *n;
        int error;

        *slash = '\0';
        error = fs_lookup(fs_root(), part, LOOKUP_FOLLOW | LOOKUP_CREATE, lk);
        if (error == 0 && lk->node == NULL) {
            error = fs_create(lk, NB_S_IFDIR | 0755, &n);
            if (error == 0)
                node_unref(n);
        }
        if (error != 0)
            return error;
        *slash = '/';
    }
    return fs_lookup(fs_root(), path, LOOKUP_CREATE, lk);
}
