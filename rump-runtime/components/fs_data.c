/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* fs_data.c - contents of regular files. */
#include "components/fs.h"

#define CHUNK_PAGES   (KERN_PAGE_SIZE / sizeof(uint8_t *))
#define CHUNK_BYTES   (CHUNK_PAGES * KERN_PAGE_SIZE) /* 2 MiB */
#define MAX_FILE_SIZE ((int64_t)64 << 30)            /* bounds the table of chunks */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The page that holds byte `off`, or NULL while it was never written. */
static uint8_t *page_get(const struct memfile *mf, int64_t off)
{
    size_t chunk = (size_t)off / CHUNK_BYTES;

    if (chunk >= mf->nchunks || mf->chunks[chunk] == NULL)
        return NULL;
    return mf->chunks[chunk][(size_t)off % CHUNK_BYTES / KERN_PAGE_SIZE];
}

static int table_grow(struct memfile *mf, size_t chunk)
{
    size_t n = mf->nchunks == 0 ? 1 : mf->nchunks;
    uint8_t ***chunks;

    while (n <= chunk)
        n *= 2;
    chunks = kern_alloc(n * sizeof(*chunks));
    if (chunks == NULL)
        return NB_ENOSPC;
    if (mf->nchunks > 0)
        memcpy(chunks, mf->chunks, mf->nchunks * sizeof(*chunks));
    kern_free(mf->chunks, mf->nchunks * sizeof(*chunks));
    mf->chunks = chunks;
    mf->nchunks = n;
    return 0;
}

static int page_make(struct node *n, int64_t off, uint8_t **pagep)
{
    struct memfile *mf = &n->file;
    size_t chunk = (size_t)off / CHUNK_BYTES;
    uint8_t *page = page_get(mf, off);

    if (page == NULL) {
        if (n->mount->pages >= n->mount->max_pages)
            return NB_ENOSPC;
        if (chunk >= mf->nchunks && table_grow(mf, chunk) != 0)
            return NB_ENOSPC;
        if (mf->chunks[chunk] == NULL)
            mf->chunks[chunk] = kern_alloc(CHUNK_PAGES * sizeof(uint8_t *));
        page = mf->chunks[chunk] == NULL ? NULL : kern_page_alloc();
        if (page == NULL)
            return NB_ENOSPC;
        memset(page, 0, KERN_PAGE_SIZE);
        mf->chunks[chunk][(size_t)off % CHUNK_BYTES / KERN_PAGE_SIZE] = page;
        n->mount->pages++;
    }
    *pagep = page;
    return 0;
}

/* Give back the pages from byte `from` (a multiple of the page size) on. */
static void pages_drop(struct node *n, int64_t from)
{
    struct memfile *mf = &n->file;

    for (size_t c = (size_t)from / CHUNK_BYTES; c < mf->nchunks; c++) {
        size_t first =
            c == (size_t)from / CHUNK_BYTES ? (size_t)from % CHUNK_BYTES / KERN_PAGE_SIZE : 0;

        if (mf->chunks[c] == NULL)
            continue;
        for (size_t i = first; i < CHUNK_PAGES; i++) {
            if (mf->chunks[c][i] == NULL)
                continue;
            kern_page_free(mf->chunks[c][i]);
            mf->chunks[c][i] = NULL;
            n->mount->pages--;
        }
        if (first == 0) {
            kern_free(mf->chunks[c], CHUNK_PAGES * sizeof(uint8_t *));
            mf->chunks[c] = NULL;
        }
    }
}

void memfile_free(struct node *n)
{
    struct memfile *mf = &n->file;

    pages_drop(n, 0);
    kern_free(mf->chunks, mf->nchunks * sizeof(*mf->chunks));
}

void memfile_read(struct node *n, struct uio *uio, int64_t off)
{
    const struct memfile *mf = &n->file;

    while (uio->resid > 0 && off < mf->size) {
        size_t in_page = (size_t)off % KERN_PAGE_SIZE;
        size_t len = smaller(KERN_PAGE_SIZE - in_page, uio->resid);
        const uint8_t *page = page_get(mf, off);

        if ((int64_t)len > mf->size - off)
            len = (size_t)(mf->size - off);
        uio_out(uio, page != NULL ? page + in_page : NULL, len);
        off += (int64_t)len;
    }
}

int memfile_write(struct node *n, struct uio *uio, int64_t off)
{
    struct memfile *mf = &n->file;
    int error = 0;

    if (uio->resid == 0)
        return 0;
    if (off >= MAX_FILE_SIZE)
        return NB_EFBIG;
    while (uio->resid > 0 && error == 0) {
        size_t in_page = (size_t)off % KERN_PAGE_SIZE;
        size_t len = smaller(KERN_PAGE_SIZE - in_page, uio->resid);
        uint8_t *page;

        error = off >= MAX_FILE_SIZE ? NB_EFBIG : page_make(n, off, &page);
        if (error != 0)
            break;
        uio_in(uio, page + in_page, len);
        off += (int64_t)len;
        if (off > mf->size)
            mf->size = off;
    }
    node_touch(n);
    return error;
}

int memfile_truncate(struct node *n, int64_t size)
{
    struct memfile *mf = &n->file;

    if (size < 0)
        return NB_EINVAL;
    if (size > MAX_FILE_SIZE)
        return NB_EFBIG;
    if (size < mf->size) {
        size_t in_page = (size_t)size % KERN_PAGE_SIZE;
        uint8_t *page = in_page == 0 ? NULL : page_get(mf, size);

        /* What is cut off must read as zeroes when the file grows again. */
        if (page != NULL)
            memset(page + in_page, 0, KERN_PAGE_SIZE - in_page);
        pages_drop(n, (int64_t)(((size_t)size + KERN_PAGE_SIZE - 1) & ~(KERN_PAGE_SIZE - 1)));
    }
    mf->size = size;
    node_touch(n);
    return 0;
}
