/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries of the system-call layer for hosted tests (platform/hosted/hosted.h).
 */
#include "linux/iov.h"
#include "platform/hosted/hosted.h"

/* One place for the test: a domain has one test. */
static struct iov_cursor place;

HOSTED_API void hosted_iov_begin(const struct kiovec *iov, int n);
HOSTED_API uint64_t hosted_iov_read(void *buf, uint64_t len);
HOSTED_API uint64_t hosted_iov_write(const void *buf, uint64_t len);
HOSTED_API uint64_t hosted_iov_skip(uint64_t len);
HOSTED_API uint64_t hosted_iov_piece(uint64_t max, void **base);

/* The vector is the test's and stays until the next call of this function. */
void hosted_iov_begin(const struct kiovec *iov, int n)
{
    place = iov_begin(iov, n);
}

/* As iov.h has them. */
uint64_t hosted_iov_read(void *buf, uint64_t len)
{
    return iov_read(&place, buf, len);
}

uint64_t hosted_iov_write(const void *buf, uint64_t len)
{
    return iov_write(&place, buf, len);
}

uint64_t hosted_iov_skip(uint64_t len)
{
    return iov_skip(&place, len);
}

/* Returns the piece's length, and its address in *base. */
uint64_t hosted_iov_piece(uint64_t max, void **base)
{
    struct kiovec piece = iov_piece(&place, max);

    *base = piece.base;
    return piece.len;
}
