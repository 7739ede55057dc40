/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* poll(2), ppoll(2), and waiting on many queues at once. */
#include "linux/poll.h"

#include "core/memory.h"
#include "core/string.h"
#include "linux/process.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

#define FDS_ON_STACK     32
#define ENTRIES_ON_STACK 8

/* ---- poll tables ----------------------------------------------------------------------------- */

void poll_table_init(struct poll_table *pt, void (*fn)(struct waiter *w), struct poll_entry *first,
                     unsigned room)
{
    pt->fn = fn;
    pt->first = first;
    pt->room = room;
    pt->count = 0;
    pt->failed = false;
    pt->more = pt->last = NULL;
}

static struct poll_entry *new_entry(struct poll_table *pt)
{
    struct poll_chunk *chunk;
    unsigned i;

    if (pt->count < pt->room)
        return &pt->first[pt->count++];
    i = (pt->count - pt->room) % POLL_CHUNK;
    if (i == 0) {
        chunk = kmalloc(sizeof(*chunk), MEM_LINUX);
        if (chunk == NULL)
            return NULL;
        chunk->next = NULL;
        if (pt->last != NULL)
            pt->last->next = chunk;
        else
            pt->more = chunk;
        pt->last = chunk;
    }
    pt->count++;
    return &pt->last->entry[i];
}

void poll_wait(struct poll_table *pt, struct waitq *q)
{
    struct poll_entry *e;

    if (pt == NULL)
        return;
    e = new_entry(pt);
    if (e == NULL) {
        pt->failed = true;
        return;
    }
    e->queue = q;
    e->table = pt;
    waitq_add(q, &e->waiter);
    e->waiter.fn = pt->fn;
}

/* Calls fn for every entry. */
static void for_each_entry(struct poll_table *pt, void (*fn)(struct poll_entry *e))
{
    unsigned left = pt->count;
    struct poll_chunk *chunk = pt->more;

    for (unsigned i = 0; i < pt->room && left; i++, left--)
        fn(&pt->first[i]);
    for (; left; chunk = chunk->next) {
        for (unsigned i = 0; i < POLL_CHUNK && left; i++, left--)
            fn(&chunk->entry[i]);
    }
}

static void entry_release(struct poll_entry *e)
{
    waiter_remove(&e->waiter);
}

static void entry_rearm(struct poll_entry *e)
{
    if (!e->waiter.fired)
        return;
    waitq_add(e->queue, &e->waiter);
    e->waiter.fn = e->table->fn;
}

void poll_table_release(struct poll_table *pt)
{
    for_each_entry(pt, entry_release);
    while (pt->more != NULL) {
        struct poll_chunk *next = pt->more->next;

        kfree(pt->more);
        pt->more = next;
    }
    pt->last = NULL;
    pt->count = 0;
}

void poll_table_rearm(struct poll_table *pt)
{
    if (pt->more != NULL) {
        for_each_entry(pt, entry_rearm);
        return;
    }
    for (unsigned i = 0; i < pt->count; i++)
        entry_rearm(&pt->first[i]);
}

/* ---- poll ------------------------------------------------------------------------------------ */

static unsigned scan(struct linux_pollfd *fds, struct file *const *files, unsigned n,
                     struct poll_table *pt)
{
    unsigned ready = 0;

    for (unsigned i = 0; i < n; i++) {
        unsigned got = 0;

        if (fds[i].fd >= 0 && files[i] == NULL)
            got = POLLNVAL;
        else if (fds[i].fd >= 0)
            got = file_poll(files[i], ready ? NULL : pt) & ((uint16_t)fds[i].events | POLL_ALWAYS);
        fds[i].revents = (int16_t)got;
        ready += got != 0;
    }
    return ready;
}

long poll_files(struct linux_pollfd *fds, struct file *const *files, unsigned n, uint64_t deadline)
{
    struct poll_entry entries[ENTRIES_ON_STACK];
    struct poll_table pt;
    long rc;

    if (deadline == 0) {
        rc = scan(fds, files, n, NULL);
        return rc == 0 && signal_is_pending() ? -EINTR : rc;
    }
    poll_table_init(&pt, NULL, entries, ENTRIES_ON_STACK);
    thread_sleep_prepare();
    rc = scan(fds, files, n, &pt);
    while (rc == 0) {
        if (pt.failed) {
            rc = -ENOMEM;
            break;
        }
        rc = signal_sleep(deadline);
        if (rc == -ETIMEDOUT) {
            rc = 0;
            break;
        }
        if (rc < 0)
            break;
        thread_sleep_prepare();
        poll_table_rearm(&pt);
        rc = scan(fds, files, n, NULL);
    }
    poll_table_release(&pt);
    return rc;
}

/* files: room for n pointers. */
static long poll_once(struct linux_pollfd *fds, struct file **files, unsigned n, uint64_t deadline)
{
    long rc;

    for (unsigned i = 0; i < n; i++)
        files[i] = fd_get(fds[i].fd);
    rc = poll_files(fds, files, n, deadline);
    for (unsigned i = 0; i < n; i++) {
        if (files[i] != NULL)
            file_unref(files[i]);
    }
    return rc;
}

static long do_poll(uintptr_t ufds, unsigned n, uint64_t deadline)
{
    struct linux_pollfd small_fds[FDS_ON_STACK], *fds = small_fds;
    struct file *small_files[FDS_ON_STACK], **files = small_files;
    long rc;

    small_files[0] = NULL; /* poll_files() gets the array even when it is empty */
    if (n > process.limits[RLIMIT_NOFILE].rlim_cur)
        return -EINVAL;
    if (n > FDS_ON_STACK) {
        fds = kmalloc(n * (sizeof(*fds) + sizeof(*files)), MEM_LINUX);
        if (fds == NULL)
            return -ENOMEM;
        files = (struct file **)(void *)(fds + n);
    }
    rc = copy_from_user(fds, ufds, n * sizeof(*fds));
    if (rc == 0) {
        if (!poll_again(linux_self(), fds, n, deadline, &rc))
            rc = poll_once(fds, files, n, deadline);
        if (rc >= 0 && copy_to_user(ufds, fds, n * sizeof(*fds)) < 0)
            rc = -EFAULT;
    }
    if (fds != small_fds)
        kfree(fds);
    return rc;
}

long sys_poll(uintptr_t ufds, unsigned n, int timeout)
{
    uint64_t deadline = NO_DEADLINE;

    if (timeout == 0)
        deadline = 0;
    else if (timeout > 0)
        deadline = deadline_after((uint64_t)timeout * 1000000);
    return do_poll(ufds, n, deadline);
}

long sys_ppoll(uintptr_t ufds, unsigned n, uintptr_t utimeout, uintptr_t umask, size_t setsize)
{
    struct linux_thread *lt = linux_self();
    uint64_t deadline = NO_DEADLINE, ns;
    linux_sigset_t mask;
    long rc;

    if (utimeout) {
        rc = timespec_from_user(utimeout, &ns);
        if (rc < 0)
            return rc;
        deadline = ns ? deadline_after(ns) : 0;
    }
    if (umask) {
        if (setsize != sizeof(mask))
            return -EINVAL;
        rc = copy_from_user(&mask, umask, sizeof(mask));
        if (rc < 0)
            return rc;
        signal_set_mask_for_call(lt, mask);
    }
    rc = do_poll(ufds, n, deadline);
    if (rc != -EINTR)
        signal_restore_mask(lt);
    /*
     * Linux tells how much time was left; a program that passes read-only memory gets no error for
     * it.
     */
    if (deadline && utimeout)
        timespec_to_user(utimeout, time_left(deadline));
    return rc;
}
