/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Timers in one list sorted by deadline. There are as many as sleeping threads and timer
 * descriptors: some dozens, so walking beats a heap.
 */
#include "core/timer.h"

static struct list armed = LIST_INIT(armed);

void timer_init(struct timer *t, void (*fn)(struct timer *))
{
    list_init(&t->link);
    t->fn = fn;
    t->deadline = NO_DEADLINE;
}

void timer_set(struct timer *t, uint64_t deadline)
{
    struct list *at;

    list_remove(&t->link);
    t->deadline = deadline;
    /* From the end: new deadlines are mostly later ones. Equal deadlines keep their order. */
    for (at = armed.prev; at != &armed; at = at->prev)
        if (container_of(at, struct timer, link)->deadline <= deadline)
            break;
    list_add_head(at, &t->link);
}

void timer_cancel(struct timer *t)
{
    list_remove(&t->link);
    t->deadline = NO_DEADLINE;
}

void timers_run(uint64_t now)
{
    while (!list_empty(&armed)) {
        struct timer *t = container_of(armed.next, struct timer, link);

        if (t->deadline > now)
            break;
        timer_cancel(t);
        t->fn(t);
    }
}

uint64_t timers_next(void)
{
    if (list_empty(&armed))
        return NO_DEADLINE;
    return container_of(armed.next, struct timer, link)->deadline;
}
