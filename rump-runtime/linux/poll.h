/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * poll.h - the inside of struct poll_table (file.h): waiters on all the queues one poll looks at.
 */
#ifndef LINUX_POLL_H
#define LINUX_POLL_H

#include <stdbool.h>

#include "core/thread.h"
#include "linux/abi.h"
#include "linux/file.h"

#define POLL_CHUNK 8

struct poll_entry {
    struct waiter waiter;
    struct waitq *queue;
    struct poll_table *table;
};

struct poll_chunk {
    struct poll_chunk *next;
    struct poll_entry entry[POLL_CHUNK];
};

struct poll_table {
    /*
     * What a wake does: NULL wakes the thread that registered; else it is called, and must not
     * sleep.
     */
    void (*fn)(struct waiter *w);
    unsigned count;
    bool failed;              /* no memory for an entry: a wake may be missed */
    struct poll_entry *first; /* the first `room` entries: the owner's */
    unsigned room;
    struct poll_chunk *more;
    struct poll_chunk *last;
};

/* first: room for so many entries, which stays as long as the table; more than those are
 * kmalloc'ed. */
void poll_table_init(struct poll_table *pt, void (*fn)(struct waiter *w), struct poll_entry *first,
                     unsigned room);
/* Leaves all queues. */
void poll_table_release(struct poll_table *pt);
/* Back into the queues whose wakes took us out. */
void poll_table_rearm(struct poll_table *pt);

/* What the file is ready for now. */
static inline unsigned file_poll(struct file *f, struct poll_table *pt)
{
    if (f->ops->poll == NULL)
        return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    return f->ops->poll(f, pt);
}

/* What is asked of a file and always reported. */
#define POLL_ALWAYS (POLLERR | POLLHUP)

struct linux_thread;

/*
 * poll for a thread that asks for the same files as the time before: its waiters stay where they
 * are in between, and only files are looked at that were ready then or have woken one of them
 * since. fds: n entries in and out. Returns false when the thread asks for something else or too
 * much; else *rc is the result, as of poll_files().
 */
bool poll_again(struct linux_thread *lt, struct linux_pollfd *fds, unsigned n, uint64_t deadline,
                long *rc);
/* The thread ends. */
void poll_forget(struct linux_thread *lt);

/*
 * The heart of poll and select: waits until one of n files is ready for what is asked or the
 * deadline passed (0: do not wait). files[i] is NULL for a bad descriptor (POLLNVAL) and ignored
 * where fds[i].fd < 0. Returns the number of ready ones with revents filled in, or -EINTR, -ENOMEM.
 */
long poll_files(struct linux_pollfd *fds, struct file *const *files, unsigned n, uint64_t deadline);

#endif
