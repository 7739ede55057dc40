/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Page allocator: buddies over the one direct-mapped range the platform hands over, with an account
 * for each owner. Free blocks are linked through their own first bytes; one byte per page says what
 * it is.
 */
#include <stdbool.h>

#include "core/list.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/sanitize.h"
#include "core/scarcity.h"
#include "core/string.h"
#include "platform/platform.h"

#define MAX_ORDER   18 /* largest block: 2^18 pages = 1 GiB */
#define ALIGN_PAGES ((size_t)PAGES_ALIGN_MAX >> PLAT_PAGE_SHIFT)

/* State byte of a page. Only the first page of a block carries one. */
#define STATE_NONE 0x00u
#define STATE_FREE 0x80u /* | order */
#define STATE_USED 0x40u /* | order */

static struct {
    uint8_t *state;
    char *base; /* of page 0: at a multiple of PAGES_ALIGN_MAX, perhaps below the range */
    size_t end; /* behind the last page */
    size_t npages;
    size_t nfree;
    struct list free[MAX_ORDER + 1];
    size_t used[MEM_OWNERS]; /* bytes: pages and small objects */
    size_t peak[MEM_OWNERS]; /* the most there ever were */
    size_t least_free;       /* pages: the fewest there ever were */
} pool;

static void charge(enum mem_owner owner, size_t bytes)
{
    pool.used[owner] += bytes;
    if (pool.used[owner] > pool.peak[owner])
        pool.peak[owner] = pool.used[owner];
}

static size_t index_of(const void *page)
{
    return (size_t)((const char *)page - pool.base) >> PLAT_PAGE_SHIFT;
}

static void *page_of(size_t index)
{
    return pool.base + (index << PLAT_PAGE_SHIFT);
}

static void put_free(size_t index, unsigned order)
{
    pool.state[index] = (uint8_t)(STATE_FREE | order);
    sanitize_allow(page_of(index), sizeof(struct list));
    list_add_head(&pool.free[order], page_of(index));
}

static void take_free(size_t index)
{
    pool.state[index] = STATE_NONE;
    list_remove(page_of(index));
    sanitize_forbid(page_of(index), sizeof(struct list));
}

/* Cover [first, end) with the largest aligned blocks. */
static void add_range(size_t first, size_t end)
{
    while (first < end) {
        unsigned order = 0;

        while (order < MAX_ORDER && !(first & (((size_t)2 << order) - 1)) &&
               first + ((size_t)2 << order) <= end)
            order++;
        put_free(first, order);
        first += (size_t)1 << order;
    }
}

void pages_init(void)
{
    void *base;
    size_t npages, table_pages, before;

    plat_ram(&base, &npages);
    for (unsigned i = 0; i <= MAX_ORDER; i++)
        list_init(&pool.free[i]);
    /* Blocks are aligned by their number; counted from here, by their address too. */
    before = ((uintptr_t)base >> PLAT_PAGE_SHIFT) & (ALIGN_PAGES - 1);
    table_pages = (before + npages + PLAT_PAGE_SIZE - 1) >> PLAT_PAGE_SHIFT;
    if (table_pages >= npages)
        panic("too little memory: %zu pages are left for everything", npages);
    pool.state = base;
    memset(pool.state, STATE_NONE, before + npages);
    pool.base = (char *)base - (before << PLAT_PAGE_SHIFT);
    pool.end = before + npages;
    pool.npages = npages;
    pool.nfree = pool.least_free = npages - table_pages;
    charge(MEM_CORE, table_pages << PLAT_PAGE_SHIFT);
    sanitize_forbid(page_of(before + table_pages), (npages - table_pages) << PLAT_PAGE_SHIFT);
    add_range(before + table_pages, pool.end);
}

void *pages_alloc(unsigned order, enum mem_owner owner)
{
    return pages_alloc_aligned(order, order, owner);
}

void *pages_alloc_aligned(unsigned order, unsigned align, enum mem_owner owner)
{
    unsigned have = align > order ? align : order;
    size_t index;

    while (have <= MAX_ORDER && list_empty(&pool.free[have]))
        have++;
    if (have > MAX_ORDER || scarcity_refuses())
        return NULL;
    index = index_of(pool.free[have].next);
    take_free(index);
    /* Split from above; the upper halves go back. */
    while (have > order) {
        have--;
        put_free(index + ((size_t)1 << have), have);
    }
    pool.state[index] = (uint8_t)(STATE_USED | order);
    pool.nfree -= (size_t)1 << order;
    if (pool.nfree < pool.least_free)
        pool.least_free = pool.nfree;
    charge(owner, PLAT_PAGE_SIZE << order);
    sanitize_allow(page_of(index), PLAT_PAGE_SIZE << order);
    return page_of(index);
}

void pages_free(void *page, unsigned order, enum mem_owner owner)
{
    size_t index = index_of(page);

    if (((uintptr_t)page & PLAT_PAGE_MASK) || (char *)page < pool.base || index >= pool.end ||
        pool.state[index] != (STATE_USED | order))
        panic("pages_free: %p of order %u was not allocated so (freed twice?)", page, order);
    sanitize_forbid(page, PLAT_PAGE_SIZE << order);
    pool.nfree += (size_t)1 << order;
    pool.used[owner] -= PLAT_PAGE_SIZE << order;
    pool.state[index] = STATE_NONE;
    while (order < MAX_ORDER) {
        size_t buddy = index ^ ((size_t)1 << order);

        if (buddy >= pool.end || pool.state[buddy] != (STATE_FREE | order))
            break;
        take_free(buddy);
        index &= ~((size_t)1 << order);
        order++;
    }
    put_free(index, order);
}

void *page_alloc_zeroed(enum mem_owner owner)
{
    void *page = pages_alloc(0, owner);

    if (page != NULL)
        memset(page, 0, PLAT_PAGE_SIZE);
    return page;
}

size_t pages_free_count(void)
{
    return pool.nfree;
}

size_t pages_total(void)
{
    return pool.npages;
}

/* ---- accounts -------------------------------------------------------------------------------- */

void memory_account(enum mem_owner from, enum mem_owner to, size_t bytes)
{
    pool.used[from] -= bytes;
    charge(to, bytes);
}

size_t memory_used(enum mem_owner owner)
{
    return pool.used[owner];
}

void memory_report(enum log_level level)
{
    static const char *const names[MEM_OWNERS] = {
        [MEM_CORE] = "core",    [MEM_PAGETABLE] = "page tables", [MEM_PROGRAM] = "program",
        [MEM_LINUX] = "linux",  [MEM_RUMP] = "rump kernel",      [MEM_BLOCK] = "blkfront",
        [MEM_NET] = "netfront", [MEM_BRIDGE] = "bridge",         [MEM_XENSTORE] = "xenstore",
    };

    log_printf(
        level,
        "memory: %zu KiB free (at least %zu) of %zu KiB managed, %zu KiB given to the domain",
        pool.nfree << 2, pool.least_free << 2, pool.npages << 2,
        plat_boot_info()->memory_pages << 2);
    for (unsigned i = 0; i < MEM_OWNERS; i++)
        log_printf(level, "memory: %-12s %6zu KiB, at most %6zu", names[i], pool.used[i] >> 10,
                   pool.peak[i] >> 10);
}
