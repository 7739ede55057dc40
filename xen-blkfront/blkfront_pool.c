/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Granted pages of one disk. They stay granted while the disk is connected, also when the backend
 * does not know persistent grants: data is copied anyway, and a grant made once costs nothing
 * later.
 */
#include "blkfront_internal.h"

#include "core/errno.h"

static unsigned grown_total; /* pages of all disks beyond their reserves */

static int grow(struct blk_pool *pool)
{
    int rc;

    if (pool->npages == BLK_POOL_MAX)
        return -ENOSPC;
    if (pool->npages >= BLK_POOL_RESERVE && grown_total >= BLK_POOL_TOTAL)
        return -ENOSPC;
    rc = granted_alloc(&pool->pages[pool->npages], 0, pool->domid, MEM_BLOCK);
    if (rc != 0)
        return rc;
    if (pool->npages >= BLK_POOL_RESERVE)
        grown_total++;
    pool->free[pool->nfree++] = pool->npages++;
    return 0;
}

int blk_pool_open(struct blk_pool *pool, plat_domid_t domid)
{
    pool->domid = domid;
    pool->npages = pool->nfree = 0;
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
    if (pool->npages > BLK_POOL_RESERVE)
        grown_total -= pool->npages - BLK_POOL_RESERVE;
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
}
