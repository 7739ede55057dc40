/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* select(2) and pselect(2), translated to poll. */
#include "core/memory.h"
#include "core/string.h"
#include "linux/fdtable.h"
#include "linux/poll.h"
#include "linux/process.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

#define READABLE  (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define WRITABLE  (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define EXCEPTION POLLPRI
#define WORD_BITS 64

enum { SETS = 3 };
static const unsigned set_events[SETS] = {READABLE, WRITABLE, EXCEPTION};

struct select_work {
    uint64_t in[SETS][FD_LIMIT / WORD_BITS];
    struct linux_pollfd fds[FD_LIMIT];
    struct file *files[FD_LIMIT];
};

static bool test_bit(const uint64_t *set, int i)
{
    return set[i / WORD_BITS] >> (i % WORD_BITS) & 1;
}

/*
 * Fills the poll arrays from the sets. Number of entries or -EBADF; the files are referenced either
 * way.
 */
static int gather(struct select_work *w, int n, unsigned *count)
{
    *count = 0;
    for (int fd = 0; fd < n; fd++) {
        unsigned events = 0;

        for (int s = 0; s < SETS; s++) {
            if (test_bit(w->in[s], fd))
                events |= set_events[s];
        }
        if (!events)
            continue;
        w->files[*count] = fd_get(fd);
        if (w->files[*count] == NULL)
            return -EBADF;
        w->fds[*count].fd = fd;
        w->fds[*count].events = (int16_t)events;
        (*count)++;
    }
    return 0;
}

/* Turns revents into sets; returns how many bits are on in all of them. */
static long spread(struct select_work *w, unsigned count)
{
    long bits = 0;

    for (unsigned i = 0; i < count; i++) {
        int fd = w->fds[i].fd;

        for (int s = 0; s < SETS; s++) {
            uint64_t bit = (uint64_t)1 << (fd % WORD_BITS);
            uint64_t *word = &w->in[s][fd / WORD_BITS];

            if (!(*word & bit))
                continue;
            if ((uint16_t)w->fds[i].revents & set_events[s])
                bits++;
            else
                *word &= ~bit;
        }
    }
    return bits;
}

static long do_select(int n, const uintptr_t usets[SETS], uint64_t deadline)
{
    struct select_work *w;
    size_t bytes;
    unsigned count;
    long rc = 0;

    if (n < 0)
        return -EINVAL;
    if (n > FD_LIMIT)
        n = FD_LIMIT;
    bytes = ((size_t)n + WORD_BITS - 1) / WORD_BITS * sizeof(uint64_t);
    w = kzalloc(sizeof(*w), MEM_LINUX);
    if (w == NULL)
        return -ENOMEM;
    for (int s = 0; s < SETS && rc == 0; s++)
        rc = usets[s] ? copy_from_user(w->in[s], usets[s], bytes) : 0;
    if (rc == 0) {
        rc = gather(w, n, &count);
        if (rc == 0)
            rc = poll_files(w->fds, w->files, count, deadline);
        if (rc >= 0) {
            rc = spread(w, count);
            for (int s = 0; s < SETS; s++) {
                if (usets[s] && copy_to_user(usets[s], w->in[s], bytes) < 0)
                    rc = -EFAULT;
            }
        }
        for (unsigned i = 0; i < count; i++)
            file_unref(w->files[i]);
    }
    kfree(w);
    return rc;
}

long sys_select(int n, uintptr_t in, uintptr_t out, uintptr_t ex, uintptr_t utimeout)
{
    const uintptr_t usets[SETS] = {in, out, ex};
    uint64_t deadline = NO_DEADLINE, ns;
    struct linux_timeval tv;
    long rc;

    if (utimeout) {
        rc = copy_from_user(&tv, utimeout, sizeof(tv));
        if (rc == 0)
            rc = timeval_to_ns(&tv, &ns);
        if (rc < 0)
            return rc;
        deadline = ns ? deadline_after(ns) : 0;
    }
    rc = do_select(n, usets, deadline);
    if (deadline && utimeout) {
        tv = timeval_of_ns(time_left(deadline));
        copy_to_user(utimeout, &tv, sizeof(tv)); /* as Linux: no error when it is read-only */
    }
    return rc;
}

long sys_pselect6(int n, uintptr_t in, uintptr_t out, uintptr_t ex, uintptr_t utimeout,
                  uintptr_t usig)
{
    const uintptr_t usets[SETS] = {in, out, ex};
    struct linux_thread *lt = linux_self();
    uint64_t deadline = NO_DEADLINE, ns;
    struct {
        uint64_t mask;
        uint64_t size;
    } sig = {0, 0};
    linux_sigset_t mask;
    long rc;

    if (usig) {
        rc = copy_from_user(&sig, usig, sizeof(sig));
        if (rc < 0)
            return rc;
    }
    if (utimeout) {
        rc = timespec_from_user(utimeout, &ns);
        if (rc < 0)
            return rc;
        deadline = ns ? deadline_after(ns) : 0;
    }
    if (sig.mask) {
        if (sig.size != sizeof(mask))
            return -EINVAL;
        rc = copy_from_user(&mask, sig.mask, sizeof(mask));
        if (rc < 0)
            return rc;
        signal_set_mask_for_call(lt, mask);
    }
    rc = do_select(n, usets, deadline);
    if (rc != -EINTR)
        signal_restore_mask(lt);
    if (deadline && utimeout)
        timespec_to_user(utimeout, time_left(deadline));
    return rc;
}
