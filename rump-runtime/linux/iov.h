/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * iov.h - vectors of buffers, and a place in one that moves on as bytes go in and out.
 *
 * Elements may be empty, and may be many. The buffers were checked and made present by whoever made
 * the vector (linux/uaccess.h): the functions touch them directly, and never more of them than they
 * say. No sum of lengths is made but by kiovec_size().
 */
#ifndef LINUX_IOV_H
#define LINUX_IOV_H

#include <stddef.h>

struct kiovec { /* same layout as the user's struct iovec */
    void *base;
    size_t len;
};

/* Total bytes of a vector (bounded: callers checked that it fits in SSIZE_MAX). */
size_t kiovec_size(const struct kiovec *iov, int n);

/* A place in a vector. Copies are places of their own; the vector stays the caller's. */
struct iov_cursor {
    const struct kiovec *iov; /* the element the place is in */
    int n;                    /* elements from that one on; 0: the place is the end */
    size_t at;                /* bytes of that element before the place */
};

/* The beginning of a vector of n elements; n <= 0: of an empty one. */
static inline struct iov_cursor iov_begin(const struct kiovec *iov, int n)
{
    return (struct iov_cursor){.iov = iov, .n = n > 0 ? n : 0};
}

/*
 * Out of the vector into buf, into the vector from buf, or neither: min(len, bytes to the end).
 * Returns how many, and the place is that much further.
 */
size_t iov_read(struct iov_cursor *c, void *buf, size_t len);
size_t iov_write(struct iov_cursor *c, const void *buf, size_t len);
size_t iov_skip(struct iov_cursor *c, size_t len);

/* The bytes at the place that lie together, at most max of them. len is 0 at the end. max > 0. */
struct kiovec iov_piece(struct iov_cursor *c, size_t max);

#endif
