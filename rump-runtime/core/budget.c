/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The shares of the domain's memory (budget.h). */
#include "core/budget.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/thread.h"
#include "platform/platform.h"

#define KIB(n) ((size_t)(n) << 10 >> PLAT_PAGE_SHIFT)
#define MIB(n) ((size_t)(n) << 20 >> PLAT_PAGE_SHIFT)

/*
 * What the domain needs without a picture, and what of that is spare. libxl adds the guest's video
 * memory to the first.
 */
#define BASE  MIB(32)
#define SPARE MIB(8)
/* Our pixels, the program's own copy of them, and what it may need to send them. */
#define PICTURE_PARTS 3u
#define PIXELS_MIN    KIB(1280) /* 640x480 and text modes */
#define PIXELS_MAX    MIB(16)   /* 2560x1600 */

#define RESERVE_MAX MIB(1)
#define RESERVE_OF  16u /* of a small domain one page in so many */

/* Eight workers and the 64 coroutines that QEMU keeps, each with VM_STACK_HEADROOM and a page. */
#define STACKS_MAX KIB(7200)
#define STACKS_OF  4u
#define STACK      KIB(100)

#define MAP_CACHE_OF 5u
/*
 * A bucket of QEMU's map cache is 1 MiB: half a page table, 56 bytes of QEMU's table, its bitmap,
 * and a region of ours (144 bytes of the heap).
 */
#define BUCKET_COST   ((size_t)2300)
#define BUCKET_BYTES  ((uint64_t)1 << 20)
#define MAP_CACHE_MIN (64 * BUCKET_BYTES)
#define MAP_CACHE_MAX ((uint64_t)32 << 30) /* QEMU keeps no more without any limit */

#define BLOCK_MAX   MIB(4)
#define BLOCK_OF    8u
#define NETWORK_MAX KIB(4160) /* eight NICs */
#define NETWORK_OF  6u

#define HELD_OF   32u
#define LAST_FEW  64u  /* pages */
#define PER_TABLE 512u /* frames that one page table maps */

static struct {
    bool picture;
    size_t kernel; /* pages */
} start;

static struct {
    size_t under_way;
    size_t most; /* 0: not asked for yet */
    struct waitq wait;
} requests = {.wait = WAITQ_INIT(requests.wait)};

static size_t at_most(size_t pages, size_t most)
{
    return pages < most ? pages : most;
}

size_t budget_pixel_pages(void)
{
    size_t all = plat_boot_info()->memory_pages;
    size_t pixels = all > BASE ? (all - BASE + SPARE) / PICTURE_PARTS : 0;

    return at_most(pixels > PIXELS_MIN ? pixels : PIXELS_MIN, PIXELS_MAX);
}

static size_t picture_pages(void)
{
    return start.picture ? at_most(PICTURE_PARTS * budget_pixel_pages(), pages_total() / 2) : 0;
}

size_t budget_pages(enum budget_share share)
{
    size_t base = pages_total() - picture_pages(), others = 0;

    switch (share) {
    case BUDGET_MAP_CACHE:
        return base / MAP_CACHE_OF;
    case BUDGET_STACKS:
        return at_most(base / STACKS_OF, STACKS_MAX);
    case BUDGET_BLOCK:
        return at_most(base / BLOCK_OF, BLOCK_MAX);
    case BUDGET_NETWORK:
        return at_most(base / NETWORK_OF, NETWORK_MAX);
    case BUDGET_PICTURE:
        return picture_pages();
    case BUDGET_KERNEL:
        return start.kernel;
    case BUDGET_RESERVE:
        return at_most(base / RESERVE_OF, RESERVE_MAX);
    case BUDGET_PROGRAM:
    default:
        for (unsigned i = 0; i < BUDGET_SHARES; i++)
            others += i != BUDGET_PROGRAM ? budget_pages((enum budget_share)i) : 0;
        return pages_total() > others ? pages_total() - others : 0;
    }
}

bool budget_allows(size_t pages)
{
    return pages_free_count() >= budget_pages(BUDGET_RESERVE) + pages;
}

bool budget_allows_frames(size_t n)
{
    return pages_free_count() >= LAST_FEW + n / PER_TABLE + 2;
}

void budget_request_begin(void)
{
    requests.under_way++;
}

void budget_request_end(void)
{
    bool waited = !budget_allows_requests();

    requests.under_way--;
    if (waited && budget_allows_requests())
        waitq_wake_all(&requests.wait);
}

bool budget_allows_requests(void)
{
    if (requests.under_way == 0)
        return true;
    if (requests.most == 0)
        requests.most = budget_pages(BUDGET_STACKS) / STACK;
    return requests.under_way + BUDGET_BURST <= requests.most;
}

struct waitq *budget_requests_wait(void)
{
    return &requests.wait;
}

uint64_t budget_map_cache_bytes(void)
{
    uint64_t bytes =
        (budget_pages(BUDGET_MAP_CACHE) << PLAT_PAGE_SHIFT) / BUCKET_COST * BUCKET_BYTES;

    return bytes < MAP_CACHE_MIN ? MAP_CACHE_MIN : bytes > MAP_CACHE_MAX ? MAP_CACHE_MAX : bytes;
}

size_t budget_held_pages(void)
{
    return pages_total() / HELD_OF;
}

static size_t kib(enum budget_share share)
{
    return budget_pages(share) << PLAT_PAGE_SHIFT >> 10;
}

void budget_init(bool picture)
{
    start.picture = picture;
    start.kernel = pages_total() - pages_free_count();
    requests.most = 0;
    log_info("budget of %zu KiB: kernel %zu, picture %zu, map cache %zu (for %llu MiB of the "
             "guest), request stacks %zu, block %zu, network %zu, reserve %zu, program %zu",
             pages_total() << PLAT_PAGE_SHIFT >> 10, kib(BUDGET_KERNEL), kib(BUDGET_PICTURE),
             kib(BUDGET_MAP_CACHE), (unsigned long long)(budget_map_cache_bytes() >> 20),
             kib(BUDGET_STACKS), kib(BUDGET_BLOCK), kib(BUDGET_NETWORK), kib(BUDGET_RESERVE),
             kib(BUDGET_PROGRAM));
}
