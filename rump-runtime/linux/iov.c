/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Walks over vectors of buffers (iov.h): the one loop over elements that everything else uses. */
#include "linux/iov.h"

#include "core/string.h"

size_t kiovec_size(const struct kiovec *iov, int n)
{
    size_t total = 0;

    for (int i = 0; i < n; i++)
        total += iov[i].len;
    return total;
}

struct kiovec iov_piece(struct iov_cursor *c, size_t max)
{
    size_t left;

    while (c->n > 0 && c->iov->len == 0) {
        c->iov++;
        c->n--;
    }
    if (c->n == 0)
        return (struct kiovec){NULL, 0};
    left = c->iov->len - c->at;
    return (struct kiovec){(char *)c->iov->base + c->at, left < max ? left : max};
}

/* Over a piece that iov_piece() gave. */
static void step(struct iov_cursor *c, size_t len)
{
    c->at += len;
    if (c->at < c->iov->len)
        return;
    c->iov++;
    c->n--;
    c->at = 0;
}

size_t iov_read(struct iov_cursor *c, void *buf, size_t len)
{
    size_t done = 0;

    while (done < len) {
        struct kiovec piece = iov_piece(c, len - done);

        if (piece.len == 0)
            break;
        memcpy((char *)buf + done, piece.base, piece.len);
        step(c, piece.len);
        done += piece.len;
    }
    return done;
}

size_t iov_write(struct iov_cursor *c, const void *buf, size_t len)
{
    size_t done = 0;

    while (done < len) {
        struct kiovec piece = iov_piece(c, len - done);

        if (piece.len == 0)
            break;
        memcpy(piece.base, (const char *)buf + done, piece.len);
        step(c, piece.len);
        done += piece.len;
    }
    return done;
}

size_t iov_skip(struct iov_cursor *c, size_t len)
{
    size_t done = 0;

    while (done < len) {
        struct kiovec piece = iov_piece(c, len - done);

        if (piece.len == 0)
            break;
        step(c, piece.len);
        done += piece.len;
    }
    return done;
}
