/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Pages shared with another domain (granted.h). */
#include "xenbus/granted.h"

#include "core/budget.h"
#include "core/errno.h"
#include "core/list.h"
#include "core/string.h"
#include "core/thread.h"

#define RETRY_FIRST_NS UINT64_C(100000000)   /* 0.1 s */
#define RETRY_MAX_NS   UINT64_C(60000000000) /* a peer that never lets go must not keep us awake */

/* Pages that wait for their peer. The record lives elsewhere: the peer can write to the pages. */
struct held_pages {
    struct list link;
    struct granted_pages g;
    unsigned granted; /* bit i: ref[i] is still a grant */
    enum mem_owner owner;
};

static struct list held = LIST_INIT(held);
static size_t held_count; /* pages */
static struct timer retry_timer;
static uint64_t retry_delay;

/* Ends the grants of the mask that can be ended; returns those that cannot. */
static unsigned end_grants(const struct granted_pages *g, unsigned mask)
{
    for (unsigned i = 0; i < 1u << g->order; i++)
        if ((mask >> i & 1) != 0 && plat_grant_end(g->ref[i]) == 0)
            mask &= ~(1u << i);
    return mask;
}

int granted_alloc(struct granted_pages *g, unsigned order, plat_domid_t domid, enum mem_owner owner)
{
    unsigned done = 0;
    int rc = 0;

    g->order = order;
    g->page = pages_alloc(order, owner);
    if (g->page == NULL)
        return -ENOMEM;
    memset(g->page, 0, PLAT_PAGE_SIZE << order);
    while (rc == 0 && done < 1u << order) {
        rc = plat_grant(domid, (char *)g->page + (done << PLAT_PAGE_SHIFT), false, &g->ref[done]);
        if (rc == 0)
            done++;
    }
    if (rc != 0) {
        /* Nobody was told the references, so nobody can have mapped them. */
        (void)end_grants(g, (1u << done) - 1);
        pages_free(g->page, order, owner);
        g->page = NULL;
    }
    return rc;
}

static void retry(struct timer *timer)
{
    list_for_each_safe(it, &held)
    {
        struct held_pages *h = container_of(it, struct held_pages, link);

        h->granted = end_grants(&h->g, h->granted);
        if (h->granted != 0)
            continue;
        list_remove(&h->link);
        held_count -= (size_t)1 << h->g.order;
        pages_free(h->g.page, h->g.order, h->owner);
        kfree(h);
    }
    if (list_empty(&held))
        return;
    retry_delay = retry_delay * 2 < RETRY_MAX_NS ? retry_delay * 2 : RETRY_MAX_NS;
    timer_set(timer, plat_monotonic() + retry_delay);
}

void granted_free(struct granted_pages *g, enum mem_owner owner)
{
    unsigned granted;

    if (g->page == NULL)
        return;
    granted = end_grants(g, (1u << (1u << g->order)) - 1);
    if (granted == 0) {
        pages_free(g->page, g->order, owner);
    } else {
        struct held_pages *h;

        held_count += (size_t)1 << g->order;
        h = kmalloc_wait(sizeof(*h), owner);
        *h = (struct held_pages){.g = *g, .granted = granted, .owner = owner};
        list_add_tail(&held, &h->link);
        if (retry_timer.fn == NULL)
            timer_init(&retry_timer, retry);
        retry_delay = RETRY_FIRST_NS;
        timer_set(&retry_timer, plat_monotonic() + retry_delay);
    }
    g->page = NULL;
}

bool granted_try_free(struct granted_pages *g, enum mem_owner owner)
{
    kassert(g->order == 0);
    if (end_grants(g, 1) != 0)
        return false;
    pages_free(g->page, 0, owner);
    g->page = NULL;
    return true;
}

bool granted_may_grow(void)
{
    return held_count <= budget_held_pages();
}
