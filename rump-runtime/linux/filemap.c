/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Shared mappings of regular files: one set of pages for each file, shown in the program's address
 * space as a region whose books are kept here, and written back through the file's own operations.
 */
#include "linux/filemap.h"

#include "core/errno.h"
#include "core/list.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/abi.h"
#include "linux/fdtable.h"

#define MAX_PAGES ((size_t)1 << 18) /* 1 GiB: far above any stub domain, keeps sums small */

struct filemap {
    struct list link;
    uint64_t dev, ino;
    struct file *file; /* referenced; writable when any mapping's file was */
    void **pages;      /* NULL: not mapped by anybody yet */
    size_t npages;
    unsigned users; /* mappings */
};

struct mapping {
    struct filemap *fm;
    size_t pages_left;
};

static struct list filemaps = LIST_INIT(filemaps);
unsigned filemap_count;

static int stat_regular(struct file *f, struct linux_stat *st)
{
    long rc;

    if (f->ops->stat == NULL || f->ops->readv == NULL || f->ops->seek == NULL)
        return -ENODEV;
    memset(st, 0, sizeof(*st));
    rc = f->ops->stat(f, st);
    if (rc < 0)
        return (int)rc;
    return (st->st_mode & S_IFMT) == S_IFREG ? 0 : -ENODEV;
}

static struct filemap *find(struct file *f)
{
    struct linux_stat st;

    if (stat_regular(f, &st) < 0)
        return NULL;
    list_for_each(it, &filemaps)
    {
        struct filemap *fm = container_of(it, struct filemap, link);

        if (fm->dev == st.st_dev && fm->ino == st.st_ino)
            return fm;
    }
    return NULL;
}

/* ---- pages and file -------------------------------------------------------------------------- */

static long load_page(struct filemap *fm, size_t i)
{
    struct kiovec iov = {fm->pages[i], PLAT_PAGE_SIZE};
    int64_t pos = (int64_t)(i << PLAT_PAGE_SHIFT);
    long got = fm->file->ops->readv(fm->file, &iov, 1, &pos);

    if (got >= 0)
        memset((char *)fm->pages[i] + got, 0, PLAT_PAGE_SIZE - (size_t)got);
    return got;
}

/* Writes what lies inside the file; nothing makes it longer. */
static long flush(struct filemap *fm)
{
    struct linux_stat st;
    long rc = stat_regular(fm->file, &st);

    if (!file_can_write(fm->file))
        return 0;
    for (size_t i = 0; rc >= 0 && i < fm->npages; i++) {
        int64_t pos = (int64_t)(i << PLAT_PAGE_SHIFT);
        struct kiovec iov = {fm->pages[i], PLAT_PAGE_SIZE};

        if (pos >= st.st_size)
            break;
        if (fm->pages[i] == NULL)
            continue;
        if (st.st_size - pos < (int64_t)PLAT_PAGE_SIZE)
            iov.len = (size_t)(st.st_size - pos);
        rc = fm->file->ops->writev(fm->file, &iov, 1, &pos);
    }
    return rc < 0 ? rc : 0;
}

long filemap_flush(struct file *f)
{
    struct filemap *one = f != NULL ? find(f) : NULL;
    long first = 0;

    if (f != NULL)
        return one != NULL ? flush(one) : 0;
    list_for_each_safe(it, &filemaps)
    {
        long rc = flush(container_of(it, struct filemap, link));

        if (first == 0)
            first = rc;
    }
    return first;
}

void filemap_refresh(struct file *f)
{
    struct filemap *fm = find(f);

    for (size_t i = 0; fm != NULL && i < fm->npages; i++) {
        if (fm->pages[i] != NULL)
            load_page(fm, i);
    }
}

/* ---- mappings -------------------------------------------------------------------------------- */

static void filemap_unref(struct filemap *fm)
{
    if (--fm->users)
        return;
    list_remove(&fm->link);
    filemap_count--;
    for (size_t i = 0; i < fm->npages; i++) {
        if (fm->pages[i] != NULL)
            pages_free(fm->pages[i], 0, MEM_PROGRAM);
    }
    file_unref(fm->file);
    kfree(fm->pages);
    kfree(fm);
}

static void mapping_unmap(void *arg, uintptr_t va, size_t npages)
{
    struct mapping *map = arg;

    plat_unmap(va, npages); /* before any of the pages can be freed */
    map->pages_left -= npages;
    if (map->pages_left)
        return;
    if (flush(map->fm) < 0)
        log_warning("a shared mapping could not be written back to its file");
    filemap_unref(map->fm);
    kfree(map);
}

static const struct vm_foreign_ops writable_ops = {.unmap = mapping_unmap, .own_pages = true};
/* Of a file that was opened for reading. */
static const struct vm_foreign_ops read_only_ops = {
    .unmap = mapping_unmap, .own_pages = true, .read_only = true};

/* Room in the table and a loaded page for each of [first, first + n). */
static int load_range(struct filemap *fm, size_t first, size_t n)
{
    if (first + n > fm->npages) {
        void **bigger = kzalloc((first + n) * sizeof(*bigger), MEM_LINUX);

        if (bigger == NULL)
            return -ENOMEM;
        if (fm->npages)
            memcpy(bigger, fm->pages, fm->npages * sizeof(*bigger));
        kfree(fm->pages);
        fm->pages = bigger;
        fm->npages = first + n;
    }
    for (size_t i = first; i < first + n; i++) {
        long rc;

        if (fm->pages[i] != NULL)
            continue;
        fm->pages[i] = page_alloc_zeroed(MEM_PROGRAM);
        if (fm->pages[i] == NULL)
            return -ENOMEM;
        rc = load_page(fm, i);
        if (rc < 0)
            return (int)rc;
    }
    return 0;
}

/* The file's pages, with one user more. NULL when memory is short. */
static struct filemap *filemap_get(struct file *f, const struct linux_stat *st)
{
    struct filemap *fm = find(f);

    if (fm == NULL) {
        fm = kzalloc(sizeof(*fm), MEM_LINUX);
        if (fm == NULL)
            return NULL;
        fm->dev = st->st_dev;
        fm->ino = st->st_ino;
        fm->file = f;
        file_ref(f);
        list_add_tail(&filemaps, &fm->link);
        filemap_count++;
    } else if (!file_can_write(fm->file) && file_can_write(f)) {
        struct file *old = fm->file;

        file_ref(f);
        fm->file = f;
        file_unref(old);
    }
    fm->users++;
    return fm;
}

intptr_t filemap_mmap(struct file *f, uintptr_t va, size_t len, unsigned prot, unsigned vm_flags,
                      int64_t off)
{
    size_t first = (size_t)off >> PLAT_PAGE_SHIFT, n = len >> PLAT_PAGE_SHIFT;
    struct linux_stat st;
    struct filemap *fm;
    struct mapping *map;
    intptr_t at;
    int rc = stat_regular(f, &st);

    if (rc < 0)
        return rc;
    if ((f->flags & O_APPEND) && (prot & PLAT_PROT_WRITE))
        return -ENODEV; /* writing back would append */
    if (first + n > MAX_PAGES)
        return -ENOMEM;
    map = kmalloc(sizeof(*map), MEM_LINUX);
    fm = map != NULL ? filemap_get(f, &st) : NULL;
    if (fm == NULL) {
        kfree(map);
        return -ENOMEM;
    }
    map->fm = fm;
    map->pages_left = n;
    rc = load_range(fm, first, n);
    at = rc < 0 ? rc
                : vm_map_foreign(va, len, prot, vm_flags,
                                 file_can_write(f) ? &writable_ops : &read_only_ops, map);
    if (at < 0) {
        filemap_unref(fm);
        kfree(map);
        return at;
    }
    if (plat_map((uintptr_t)at, &fm->pages[first], n, prot) < 0) {
        vm_unmap((uintptr_t)at, len);
        return -ENOMEM;
    }
    return at;
}
