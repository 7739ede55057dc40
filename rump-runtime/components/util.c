/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* util.c - memory, time and client buffers over the hypercalls. */
#include "components/kern.h"

void *kern_alloc(size_t size)
{
    void *p;

    if (rumpuser_malloc(size, 0, &p) != 0)
        return NULL;
    memset(p, 0, size);
    return p;
}

void kern_free(void *p, size_t size)
{
    if (p != NULL)
        rumpuser_free(p, size);
}

char *kern_strndup(const char *s, size_t len)
{
    char *copy = kern_alloc(len + 1);

    if (copy != NULL)
        memcpy(copy, s, len);
    return copy;
}

void *kern_page_alloc(void)
{
    void *p;

    return rumpuser_malloc(KERN_PAGE_SIZE, (int)KERN_PAGE_SIZE, &p) == 0 ? p : NULL;
}

void kern_page_free(void *page)
{
    rumpuser_free(page, KERN_PAGE_SIZE);
}

void kern_panic(const char *what)
{
    rumpuser_dprintf("rump kernel: assertion failed: %s\n", what);
    rumpuser_exit(RUMPUSER_PANIC);
}

struct nb_timespec kern_now(void)
{
    struct nb_timespec ts = {0, 0};
    int64_t sec;
    long nsec;

    if (rumpuser_clock_gettime(RUMPUSER_CLOCK_RELWALL, &sec, &nsec) == 0) {
        ts.tv_sec = sec;
        ts.tv_nsec = nsec;
    }
    return ts;
}

int uio_init(struct uio *uio, const struct nb_iovec *iov, int cnt)
{
    size_t total = 0;

    if (cnt < 0 || cnt > NB_IOV_MAX)
        return NB_EINVAL;
    for (int i = 0; i < cnt; i++) {
        if (iov[i].iov_len > (size_t)INTPTR_MAX - total)
            return NB_EINVAL;
        total += iov[i].iov_len;
    }
    *uio = (struct uio){.iov = iov, .cnt = cnt, .resid = total};
    return 0;
}

/* The next contiguous piece, at most n bytes, and step over it. */
static void *uio_next(struct uio *uio, size_t *n)
{
    void *p;
    size_t here;

    while (uio->iov->iov_len == uio->skip) {
        uio->iov++;
        uio->cnt--;
        uio->skip = 0;
    }
    here = uio->iov->iov_len - uio->skip;
    p = (char *)uio->iov->iov_base + uio->skip;
    if (*n > here)
        *n = here;
    uio->skip += *n;
    uio->resid -= *n;
    return p;
}

void uio_out(struct uio *uio, const void *src, size_t n)
{
    const char *from = src;

    kern_assert(n <= uio->resid);
    while (n > 0) {
        size_t step = n;
        void *to = uio_next(uio, &step);

        if (from == NULL) {
            memset(to, 0, step);
        } else {
            memcpy(to, from, step);
            from += step;
        }
        n -= step;
    }
}

void uio_in(struct uio *uio, void *dst, size_t n)
{
    char *to = dst;

    kern_assert(n <= uio->resid);
    while (n > 0) {
        size_t step = n;
        const void *from = uio_next(uio, &step);

        memcpy(to, from, step);
        to += step;
        n -= step;
    }
}
