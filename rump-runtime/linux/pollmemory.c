/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * What a thread polled last. An event loop asks for the same files again and again, of which one
 * or two have something new: its waiters stay in their queues between the calls, a wake marks the
 * file to be looked at, and the rest costs nothing. A file that was not ready and has woken nobody
 * since is still not ready: all that sleeps in poll relies on that.
 */
#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/fdtable.h"
#include "linux/poll.h"
#include "linux/process.h"
#include "linux/signal.h"

#define SLOTS_MAX    32u
#define SLOT_ENTRIES 2u /* a file has one queue, a tap has two */

struct slot {
    struct file *file; /* not referenced; NULL: there is none, or it went */
    struct file_watcher watcher;
    struct poll_memory *memory;
    unsigned index;
    unsigned ready; /* what the last look found of what is asked for */
    struct poll_table table;
    struct poll_entry entries[SLOT_ENTRIES];
};

struct poll_memory {
    struct thread *thread;
    bool waiting; /* the thread is in poll: wake it */
    bool stale;   /* a file went */
    unsigned n;
    unsigned generation;      /* of the descriptor table when it was compared last */
    uint64_t look;            /* one bit for each slot that may be ready */
    uint64_t late;            /* slots that may be without having said so yet */
    uint64_t keys[SLOTS_MAX]; /* of the entries asked for; see key_of() */
    struct slot slots[];
};

/*
 * Descriptor, and events from bit 32 on: what two entries have in common that ask for the same. As
 * they lie in memory, with nothing for the events that are answered.
 */
static uint64_t key_of(const struct linux_pollfd *p)
{
    uint64_t key;

    _Static_assert(sizeof(key) == sizeof(*p), "an entry is a word");
    memcpy(&key, p, sizeof(key));
    return key & UINT64_C(0xffffffffffff);
}

static uint64_t bit(unsigned index)
{
    return UINT64_C(1) << index;
}

/* Of a whole array; two arrays may share it. Never 0. */
static uint64_t digest(const struct linux_pollfd *fds, unsigned n)
{
    uint64_t d = n;

    for (unsigned i = 0; i < n; i++)
        d = (d ^ key_of(&fds[i])) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    return d | 1;
}

/* ---- making and forgetting ------------------------------------------------------------------- */

static void slot_woken(struct waiter *w)
{
    struct poll_table *table = container_of(w, struct poll_entry, waiter)->table;
    struct slot *s = container_of(table, struct slot, table);

    s->memory->look |= bit(s->index);
    if (s->memory->waiting)
        thread_wake(s->memory->thread);
}

static void slot_drop(struct slot *s)
{
    if (s->file == NULL)
        return;
    poll_table_release(&s->table);
    list_remove(&s->watcher.link);
    s->file = NULL;
}

static void file_gone(struct file_watcher *w)
{
    struct slot *s = container_of(w, struct slot, watcher);

    slot_drop(s);
    s->memory->stale = true;
}

void poll_forget(struct linux_thread *lt)
{
    struct poll_memory *m = lt->polled;

    lt->polled = NULL;
    if (m == NULL)
        return;
    for (unsigned i = 0; i < m->n; i++)
        slot_drop(&m->slots[i]);
    kfree(m);
}

/* NULL when memory is short or a descriptor means nothing. */
static struct poll_memory *memory_create(struct linux_thread *lt, const struct linux_pollfd *fds,
                                         unsigned n)
{
    struct poll_memory *m;

    for (unsigned i = 0; i < n; i++) {
        if (fds[i].fd >= 0 && fd_peek(fds[i].fd) == NULL)
            return NULL;
    }
    m = kzalloc(sizeof(*m) + n * sizeof(m->slots[0]), MEM_LINUX);
    if (m == NULL)
        return NULL;
    m->thread = lt->thread;
    m->n = n;
    m->generation = fd_generation();
    for (unsigned i = 0; i < n; i++) {
        struct slot *s = &m->slots[i];

        m->keys[i] = key_of(&fds[i]);
        s->memory = m;
        s->index = i;
        s->file = fd_peek(fds[i].fd);
        if (s->file == NULL)
            continue;
        s->watcher.gone = file_gone;
        list_add_tail(&s->file->watchers, &s->watcher.link);
        poll_table_init(&s->table, slot_woken, s->entries, SLOT_ENTRIES);
        m->look |= bit(i);
        if (s->file->wakes_late)
            m->late |= bit(i);
    }
    return m;
}

static bool same_files(struct poll_memory *m, const struct linux_pollfd *fds)
{
    if (m->generation == fd_generation())
        return true;
    for (unsigned i = 0; i < m->n; i++) {
        if (m->slots[i].file != fd_peek(fds[i].fd))
            return false;
    }
    m->generation = fd_generation();
    return true;
}

static bool remembered(struct poll_memory *m, const struct linux_pollfd *fds, unsigned n)
{
    if (m == NULL || m->n != n || m->stale)
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (m->keys[i] != key_of(&fds[i]))
            return false;
    }
    return same_files(m, fds);
}

/* ---- looking --------------------------------------------------------------------------------- */

/* False when there was no memory for a waiter. May sleep inside the file's poll operation. */
static bool slot_look(struct slot *s)
{
    unsigned asked = (unsigned)(s->memory->keys[s->index] >> 32) | POLL_ALWAYS;
    struct file *f = s->file;
    bool first = s->table.count == 0;

    s->ready = 0;
    if (f == NULL)
        return true;
    if (!first)
        poll_table_rearm(&s->table);
    file_ref(f);
    s->ready = file_poll(f, first ? &s->table : NULL) & asked;
    file_unref(f);
    return !s->table.failed;
}

/* Looks at what may be ready; how many are, or -ENOMEM. Those stay marked. */
static long look(struct poll_memory *m)
{
    uint64_t left = m->look, ready = 0;
    long n = 0;

    m->look = 0;
    while (left != 0) {
        unsigned i = (unsigned)__builtin_ctzll(left);

        left &= left - 1;
        if (!slot_look(&m->slots[i])) {
            m->look |= left | bit(i);
            return -ENOMEM;
        }
        if (m->slots[i].ready != 0) {
            ready |= bit(i);
            n++;
        }
    }
    m->look |= ready;
    return n;
}

static long wait_until_ready(struct poll_memory *m, uint64_t deadline)
{
    for (;;) {
        long rc;

        thread_sleep_prepare();
        rc = look(m);
        if (rc != 0)
            return rc;
        if (m->look != 0) /* woken while others were looked at */
            continue;
        if (deadline == 0)
            return signal_is_pending() ? -EINTR : 0;
        rc = signal_sleep(deadline);
        if (rc < 0)
            return rc == -ETIMEDOUT ? 0 : rc;
    }
}

static void report(const struct poll_memory *m, struct linux_pollfd *fds, bool any)
{
    for (unsigned i = 0; i < m->n; i++)
        fds[i].revents = 0;
    for (uint64_t left = any ? m->look : 0; left != 0; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);

        fds[i].revents = (int16_t)m->slots[i].ready;
    }
}

bool poll_again(struct linux_thread *lt, struct linux_pollfd *fds, unsigned n, uint64_t deadline,
                long *rc)
{
    struct poll_memory *m = lt->polled;

    if (n == 0 || n > SLOTS_MAX)
        return false;
    if (!remembered(m, fds, n)) {
        uint64_t now = digest(fds, n), before = lt->poll_digest;

        lt->poll_digest = now;
        if (now != before)
            return false;
        poll_forget(lt);
        m = lt->polled = memory_create(lt, fds, n);
        if (m == NULL)
            return false;
    }
    m->waiting = true;
    m->look |= m->late;
    *rc = wait_until_ready(m, deadline);
    m->waiting = false;
    report(m, fds, *rc > 0);
    if (*rc == -ENOMEM)
        poll_forget(lt);
    return true;
}
