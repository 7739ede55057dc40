/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* vector.h - small fixed-size records to and from a vector of checked buffers. */
#ifndef LINUX_VECTOR_H
#define LINUX_VECTOR_H

#include "core/string.h"
#include "linux/file.h"

/*
 * Copies min(len, room) bytes of src into the vector, skipping its first `skip` bytes. Returns how
 * many.
 */
static inline size_t vector_store_at(const struct kiovec *iov, int n, size_t skip, const void *src,
                                     size_t len)
{
    size_t done = 0;

    for (int i = 0; i < n && done < len; i++) {
        size_t room, chunk;

        if (skip >= iov[i].len) {
            skip -= iov[i].len;
            continue;
        }
        room = iov[i].len - skip;
        chunk = room < len - done ? room : len - done;
        memcpy((char *)iov[i].base + skip, (const char *)src + done, chunk);
        done += chunk;
        skip = 0;
    }
    return done;
}

static inline size_t vector_store(const struct kiovec *iov, int n, const void *src, size_t len)
{
    return vector_store_at(iov, n, 0, src, len);
}

/* Copies the vector's first min(len, size) bytes to dst. Returns how many. */
static inline size_t vector_load(const struct kiovec *iov, int n, void *dst, size_t len)
{
    size_t done = 0;

    for (int i = 0; i < n && done < len; i++) {
        size_t chunk = iov[i].len < len - done ? iov[i].len : len - done;

        memcpy((char *)dst + done, iov[i].base, chunk);
        done += chunk;
    }
    return done;
}

#endif
