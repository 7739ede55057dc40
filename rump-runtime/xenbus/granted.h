/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * granted.h - pages shared with another domain, for rings and their buffers.
 *
 * A page the other side still has mapped must not be used for anything else: it could be written at
 * any time. granted_free() therefore keeps such a page aside and gives it back once the other side
 * let go.
 */
#ifndef XENBUS_GRANTED_H
#define XENBUS_GRANTED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/memory.h"
#include "platform/platform.h"

#define GRANTED_ORDER_MAX 1u

struct granted_pages {
    void *page; /* first of 2^order contiguous ones; NULL: none */
    plat_grant_t ref[1u << GRANTED_ORDER_MAX];
    unsigned order;
};

/* 2^order zeroed pages `domid` may read and write. 0, -ENOMEM or -ENOSPC (grant table full). */
int granted_alloc(struct granted_pages *g, unsigned order, plat_domid_t domid,
                  enum mem_owner owner);

/*
 * Takes the grants back and frees the pages, now or when the other side unmapped them. None is
 * fine. May sleep, for the memory to remember them by.
 */
void granted_free(struct granted_pages *g, enum mem_owner owner);

/*
 * As granted_free() for a single page, but only if the other side has let go: else false, and
 * nothing is changed.
 */
bool granted_try_free(struct granted_pages *g, enum mem_owner owner);

/*
 * May a driver grant more? False while other domains hold on to more pages that were taken back
 * than core/budget.h lets them.
 */
bool granted_may_grow(void);

#endif
