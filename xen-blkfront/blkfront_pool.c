/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Granted pages of one disk. They stay granted while the disk is connected, also when the backend
 * does not know persistent grants: data is copied anyway, and a grant made once costs nothing
 * later.
 */
#include "blkfront_internal.h"

#include "core/budget.h"
#include "core/errno.h"
#include "core/string.h"

static unsigned open_pools;

/*
 * The most pages a disk may have now: every connected disk gets the same part of the share, so that
 * a busy one cannot keep a later one from working.
 */
static size_t fair_pages(void)
{
    return BLK_POOL_RESERVE + budget_pages(BUDGET_BLOCK) / open_pools;
}

static int grow(struct blk_pool *pool)
{
    int rc;

    if (pool->npages == BLK_POOL_MAX)
        return -ENOSPC;
    if (pool->npages >= BLK_POOL_RESERVE && (pool->npages >= fair_pages() || !budget_allows(1)))
        return -ENOSPC;
    rc = granted_alloc(&pool->pages[pool->npages], 0, pool->domid, MEM_BLOCK);
    if (rc != 0)
        return rc;
    pool->free[pool->nfree++] = pool->npages++;
    return 0;
}

/*
 * Gives pages above the disk's part back, from the end of the table and as long as they are free.
 * A page that the backend keeps mapped (a persistent grant) stays: given up, it would be of no use
 * to anybody.
 */
static void shrink(struct blk_pool *pool)
{
    while (pool->npages > fair_pages()) {
        uint16_t last = (uint16_t)(pool->npages - 1), at = 0;

        while (at < pool->nfree && pool->free[at] != last)
            at++;
        if (at == pool->nfree || !granted_try_free(&pool->pages[last], MEM_BLOCK))
            return;
        pool->nfree--;
        memmove(&pool->free[at], &pool->free[at + 1],
                (size_t)(pool->nfree - at) * sizeof(pool->free[0]));
        pool->npages--;
    }
}

int blk_pool_open(struct blk_pool *pool, plat_domid_t domid)
{
    pool->domid = domid;
    pool->npages = pool->nfree = 0;
    pool->open = true;
    open_pools++;
    while (pool->npages < BLK_POOL_RESERVE) {
        int rc = grow(pool);

        if (rc != 0) {
            blk_pool_close(pool);
            return rc;
        }
    }
    return 0;
}

void blk_pool_close(struct blk_pool *pool)
{
    if (!pool->open)
        return;
    pool->open = false;
    open_pools--;
    for (unsigned i = 0; i < pool->npages; i++)
        granted_free(&pool->pages[i], MEM_BLOCK);
    pool->npages = pool->nfree = 0;
}

unsigned blk_pool_take(struct blk_pool *pool, uint16_t *indices, unsigned n)
{
    unsigned taken = 0;

    while (taken < n && (pool->nfree > 0 || grow(pool) == 0))
        indices[taken++] = pool->free[--pool->nfree];
    return taken;
}

void blk_pool_put(struct blk_pool *pool, const uint16_t *indices, unsigned n)
{
    /* Backwards: the first page taken is the first to be taken again. */
    while (n > 0)
        pool->free[pool->nfree++] = indices[--n];
    shrink(pool);
}
