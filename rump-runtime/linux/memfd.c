/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Memory files. Their pages belong to the file; a shared mapping shows these very pages in the
 * program's address space, as a "foreign" region whose books are kept here.
 */
#include "linux/memfd.h"

#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/abi.h"
#include "linux/fdtable.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

#define NAME_LIMIT 250
#define ALL_SEALS  (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define MAX_PAGES  ((size_t)1 << 20) /* 4 GiB: far above any stub domain, keeps sums small */

struct memfd {
    void **pages; /* NULL: not touched yet, reads as zeroes */
    size_t npages;
    int64_t size;
    unsigned seals;
    unsigned refs; /* the file and each mapping */
};

struct mapping {
    struct memfd *m;
    size_t pages_left;
};

static void memfd_unref(struct memfd *m)
{
    if (--m->refs)
        return;
    for (size_t i = 0; i < m->npages; i++) {
        if (m->pages[i] != NULL)
            pages_free(m->pages[i], 0, MEM_PROGRAM);
    }
    kfree(m->pages);
    kfree(m);
}

/* Room in the table for a file of `size` bytes; never shrinks. */
static int grow_table(struct memfd *m, int64_t size)
{
    size_t want = ((size_t)size + PLAT_PAGE_MASK) >> PLAT_PAGE_SHIFT;
    void **bigger;

    if (want > MAX_PAGES)
        return -EFBIG;
    if (want <= m->npages)
        return 0;
    bigger = kzalloc(want * sizeof(*bigger), MEM_LINUX);
    if (bigger == NULL)
        return -ENOMEM;
    if (m->npages)
        memcpy(bigger, m->pages, m->npages * sizeof(*bigger));
    kfree(m->pages);
    m->pages = bigger;
    m->npages = want;
    return 0;
}

static void *memfd_page(struct memfd *m, size_t i)
{
    if (m->pages[i] == NULL)
        m->pages[i] = page_alloc_zeroed(MEM_PROGRAM);
    return m->pages[i];
}

static long memfd_read(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct memfd *m = f->priv;
    int64_t start = *pos;

    for (int i = 0; i < n; i++) {
        char *to = iov[i].base;
        size_t left = iov[i].len;

        while (left && *pos < m->size) {
            size_t off = (size_t)*pos & PLAT_PAGE_MASK;
            size_t chunk = PLAT_PAGE_SIZE - off;
            const char *page = m->pages[(size_t)*pos >> PLAT_PAGE_SHIFT];

            if (chunk > left)
                chunk = left;
            if ((int64_t)chunk > m->size - *pos)
                chunk = (size_t)(m->size - *pos);
            if (page != NULL)
                memcpy(to, page + off, chunk);
            else
                memset(to, 0, chunk);
            to += chunk;
            left -= chunk;
            *pos += (int64_t)chunk;
        }
    }
    return (long)(*pos - start);
}

static long memfd_write(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct memfd *m = f->priv;
    int64_t start, end;
    int rc;

    if (f->flags & O_APPEND)
        *pos = m->size;
    start = *pos;
    if (__builtin_add_overflow(start, (int64_t)kiovec_size(iov, n), &end))
        return -EFBIG;
    if ((m->seals & F_SEAL_WRITE) || ((m->seals & F_SEAL_GROW) && end > m->size))
        return -EPERM;
    rc = grow_table(m, end);
    if (rc < 0)
        return rc;
    for (int i = 0; i < n; i++) {
        const char *from = iov[i].base;
        size_t left = iov[i].len;

        while (left) {
            size_t off = (size_t)*pos & PLAT_PAGE_MASK;
            size_t chunk = PLAT_PAGE_SIZE - off;
            char *page = memfd_page(m, (size_t)*pos >> PLAT_PAGE_SHIFT);

            if (page == NULL)
                return *pos > start ? (long)(*pos - start) : -ENOSPC;
            if (chunk > left)
                chunk = left;
            memcpy(page + off, from, chunk);
            from += chunk;
            left -= chunk;
            *pos += (int64_t)chunk;
            if (*pos > m->size)
                m->size = *pos;
        }
    }
    return (long)(*pos - start);
}

static int64_t memfd_seek(struct file *f, int64_t off, int whence)
{
    const struct memfd *m = f->priv;
    int64_t base = whence == SEEK_CUR ? f->pos : whence == SEEK_END ? m->size : 0;

    if (whence == SEEK_DATA || whence == SEEK_HOLE) {
        if (off < 0 || off >= m->size)
            return -ENXIO;
        return whence == SEEK_DATA ? off : m->size;
    }
    if (__builtin_add_overflow(base, off, &off))
        return -EOVERFLOW;
    return off < 0 ? -EINVAL : off;
}

static long memfd_stat(struct file *f, struct linux_stat *st)
{
    const struct memfd *m = f->priv;
    int64_t present = 0;

    for (size_t i = 0; i < m->npages; i++)
        present += m->pages[i] != NULL;
    st->st_mode = S_IFREG | 0777;
    st->st_nlink = 0;
    st->st_ino = (uint64_t)(uintptr_t)m;
    st->st_size = m->size;
    st->st_blksize = (int64_t)PLAT_PAGE_SIZE;
    st->st_blocks = present * (int64_t)(PLAT_PAGE_SIZE / 512);
    return 0;
}

static long memfd_fsync(struct file *f, bool data_only)
{
    (void)f;
    (void)data_only;
    return 0;
}

static long memfd_truncate(struct file *f, int64_t size)
{
    struct memfd *m = f->priv;
    int rc;

    if ((size < m->size && (m->seals & F_SEAL_SHRINK)) ||
        (size > m->size && (m->seals & F_SEAL_GROW)))
        return -EPERM;
    rc = grow_table(m, size);
    if (rc < 0)
        return rc;
    /* Cut pages stay with the file, which may be mapped; what is behind the end reads as zeroes. */
    for (int64_t at = size; at < m->size;) {
        size_t off = (size_t)at & PLAT_PAGE_MASK;
        char *page = m->pages[(size_t)at >> PLAT_PAGE_SHIFT];

        if (page != NULL)
            memset(page + off, 0, PLAT_PAGE_SIZE - off);
        at += (int64_t)(PLAT_PAGE_SIZE - off);
    }
    m->size = size;
    return 0;
}

static long memfd_fallocate(struct file *f, int mode, int64_t off, int64_t len)
{
    struct memfd *m = f->priv;
    int64_t end = off + len;
    int rc;

    if (mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) {
        if (m->seals & F_SEAL_WRITE)
            return -EPERM;
        for (int64_t at = off; at < end && at < m->size;) {
            size_t in_page = (size_t)at & PLAT_PAGE_MASK;
            size_t chunk = PLAT_PAGE_SIZE - in_page;
            char *page = m->pages[(size_t)at >> PLAT_PAGE_SHIFT];

            if ((int64_t)chunk > end - at)
                chunk = (size_t)(end - at);
            if (page != NULL)
                memset(page + in_page, 0, chunk);
            at += (int64_t)chunk;
        }
        return 0;
    }
    if (mode & ~FALLOC_FL_KEEP_SIZE)
        return -EOPNOTSUPP;
    if ((m->seals & F_SEAL_GROW) && end > m->size)
        return -EPERM;
    rc = grow_table(m, end);
    for (int64_t at = off; rc == 0 && at < end; at += (int64_t)PLAT_PAGE_SIZE) {
        if (memfd_page(m, (size_t)at >> PLAT_PAGE_SHIFT) == NULL)
            rc = -ENOSPC;
    }
    if (rc == 0 && !(mode & FALLOC_FL_KEEP_SIZE) && end > m->size)
        m->size = end;
    return rc;
}

/* ---- mappings -------------------------------------------------------------------------------- */

static void mapping_unmap(void *arg, uintptr_t va, size_t npages)
{
    struct mapping *map = arg;

    /*
     * The mapped pages stay the file's until the region is gone, which is after this returns: the
     * file is let go of only when it has no pages mapped elsewhere and the last piece goes.
     */
    plat_unmap(va, npages);
    map->pages_left -= npages;
    if (map->pages_left)
        return;
    memfd_unref(map->m);
    kfree(map);
}

static const struct vm_foreign_ops mapping_ops = {.unmap = mapping_unmap, .own_pages = true};

static intptr_t memfd_mmap(struct file *f, uintptr_t va, size_t len, unsigned prot,
                           unsigned vm_flags, int64_t off)
{
    struct memfd *m = f->priv;
    size_t first = (size_t)off >> PLAT_PAGE_SHIFT, n = len >> PLAT_PAGE_SHIFT;
    struct mapping *map;
    intptr_t at;
    int rc;

    if ((m->seals & F_SEAL_WRITE) && (prot & PLAT_PROT_WRITE))
        return -EPERM;
    if (first + n > MAX_PAGES)
        return -ENOMEM;
    rc = grow_table(m, off + (int64_t)len);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (memfd_page(m, first + i) == NULL)
            rc = -ENOMEM;
    }
    if (rc < 0)
        return rc;
    map = kmalloc(sizeof(*map), MEM_LINUX);
    if (map == NULL)
        return -ENOMEM;
    map->m = m;
    map->pages_left = n;
    m->refs++;
    at = vm_map_foreign(va, len, prot, vm_flags, &mapping_ops, map);
    if (at < 0) {
        m->refs--;
        kfree(map);
        return at;
    }
    if (plat_map((uintptr_t)at, &m->pages[first], n, prot) < 0) {
        vm_unmap((uintptr_t)at, len);
        return -ENOMEM;
    }
    return at;
}

static void memfd_release(struct file *f)
{
    memfd_unref(f->priv);
}

/* F_GET_SEALS and F_ADD_SEALS. */
static long memfd_fcntl(struct file *f, int cmd, unsigned long arg)
{
    struct memfd *m = f->priv;

    if (cmd == F_GET_SEALS)
        return m->seals;
    if (arg & ~(unsigned long)ALL_SEALS)
        return -EINVAL;
    if (!file_can_write(f) || (m->seals & F_SEAL_SEAL))
        return -EPERM;
    if ((arg & F_SEAL_WRITE) && m->refs > 1)
        return -EBUSY; /* mapped: may be written through the mapping */
    m->seals |= (unsigned)arg;
    return 0;
}

static const struct file_ops memfd_ops = {
    .name = "memfd",
    .readv = memfd_read,
    .writev = memfd_write,
    .seek = memfd_seek,
    .stat = memfd_stat,
    .fsync = memfd_fsync,
    .truncate = memfd_truncate,
    .fallocate = memfd_fallocate,
    .mmap = memfd_mmap,
    .fcntl = memfd_fcntl,
    .release = memfd_release,
};

bool file_is_memfd(const struct file *f)
{
    return f->ops == &memfd_ops;
}

long sys_memfd_create(uintptr_t uname, unsigned flags)
{
    char name[NAME_LIMIT];
    struct memfd *m;
    struct file *f;
    long rc;

    if (flags & MFD_HUGETLB)
        return -ENOSYS;
    if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
        return -EINVAL;
    rc = strncpy_from_user(name, uname, sizeof(name));
    if (rc < 0 || rc == sizeof(name))
        return rc < 0 ? rc : -EINVAL;
    m = kzalloc(sizeof(*m), MEM_LINUX);
    if (m == NULL)
        return -ENOMEM;
    m->refs = 1;
    m->seals = flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL;
    f = file_create(&memfd_ops, m, O_RDWR | O_LARGEFILE);
    if (f == NULL) {
        memfd_unref(m);
        return -ENOMEM;
    }
    f->has_pos = true;
    rc = fd_install(f, 0, flags & MFD_CLOEXEC);
    if (rc < 0)
        file_unref(f);
    return rc;
}
