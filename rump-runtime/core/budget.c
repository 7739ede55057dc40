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
 * A domain usually has so much, and the guest's video memory, which libxl adds. A picture usually
 * gets as much as that and some more.
 */
#define BASE          MIB(32)
#define PICTURE_SPARE MIB(8)
/* Our pixels, the program's own copy of them, and what it may need to send them. */
#define PICTURE_PARTS 3u
#define PIXELS_MIN    KIB(1280) /* 640x480 and text modes */
#define PIXELS_MAX    MIB(16)   /* 2560x1600 */
/* A large picture leaves so much to the other shares, beyond the least they need. */
#define PICTURE_LEAVES    MIB(2)
#define PICTURE_LEAVES_OF 4u /* of what there is beyond that one page in so many */

#define RESERVE_MAX MIB(1)
#define RESERVE_OF  16u /* of a small domain one page in so many */

/* A program that nothing is known of: one page in so many. */
#define PROGRAM_OF 4u
/* A disk as it is open and at rest: the pages it always has, its ring, what the program keeps. */
#define DISK KIB(128)
/* What the program keeps for a NIC beside its buffers, and for those who look at a picture. */
#define NIC     KIB(40)
#define VIEWERS KIB(1300)

/*
 * Parts of what is left when all of this is set aside. The map cache has the rest. A device model's
 * NICs are all known, those of other programs are not.
 */
#define PARTS         16u
#define STACKS_PARTS  7u
#define BLOCK_PARTS   3u
#define NETWORK_PARTS 3u

/* A request's coroutine has VM_STACK_HEADROOM, what is above it, and page tables. */
#define STACK KIB(104)
/* Beside what one access starts a few requests more may be under way, as QEMU has eight workers. */
#define WORKERS 8u
/* More than the least is not taken from the last MiB, which the other shares have. */
#define OTHERS     MIB(1)
#define STACKS_MAX (72 * STACK)

/*
 * A bucket of QEMU's map cache is 1 MiB: half a page table, 56 bytes of QEMU's table, its bitmap,
 * and a region of ours (144 bytes of the heap).
 */
#define BUCKET_COST   ((size_t)2300)
#define BUCKET_BYTES  ((uint64_t)1 << 20)
#define MAP_CACHE_MIN (64 * BUCKET_BYTES)
#define MAP_CACHE_MAX ((uint64_t)32 << 30) /* QEMU keeps no more without any limit */

#define BLOCK_MAX   MIB(4)
#define NETWORK_MAX (8 * BUDGET_NIC_PAGES)

#define HELD_OF   32u
#define LAST_FEW  64u  /* pages */
#define PER_TABLE 512u /* frames that one page table maps */

static struct {
    struct budget_needs needs;
    size_t kernel;                /* pages */
    size_t shares[BUDGET_SHARES]; /* all 0: not decided yet */
} budget = {.needs = {.burst = BUDGET_BURST}};

static struct {
    size_t under_way;
    size_t most; /* 0: not asked for yet */
    struct waitq wait;
} requests = {.wait = WAITQ_INIT(requests.wait)};

static size_t at_most(size_t pages, size_t most)
{
    return pages < most ? pages : most;
}

static size_t less(size_t pages, size_t by)
{
    return pages > by ? pages - by : 0;
}

/* As many pixels as a viewer may have where the video memory is not known. */
static size_t usual_pixels(void)
{
    size_t video = less(plat_boot_info()->memory_pages, BASE);
    size_t pixels = video > 0 ? (video + PICTURE_SPARE) / PICTURE_PARTS : 0;

    return at_most(pixels > PIXELS_MIN ? pixels : PIXELS_MIN, PIXELS_MAX);
}

/*
 * A picture cannot do with less. The program makes its copy when the guest changes its mode, before
 * the viewer can say that it is too large.
 */
static size_t least_picture(void)
{
    return (PICTURE_PARTS - 1) * PIXELS_MIN +
           (budget.needs.video > PIXELS_MIN ? budget.needs.video : PIXELS_MIN);
}

/* A picture's share where so much could be spared: of much most, and no more than it can show. */
static size_t picture_pages(size_t spare)
{
    size_t video = budget.needs.video, share = at_most(video + PICTURE_SPARE, spare);

    if (video == 0)
        return PICTURE_PARTS * usual_pixels();
    if (share < spare - spare / PICTURE_LEAVES_OF)
        share = spare - spare / PICTURE_LEAVES_OF;
    share = at_most(share, PICTURE_PARTS * at_most(video, PIXELS_MAX));
    return share > least_picture() ? share : least_picture();
}

/* Of so many pages those for requests' stacks: a part, but what one access may start at least. */
static size_t stacks_pages(size_t left)
{
    const struct budget_needs *n = &budget.needs;
    size_t all = n->requests != 0 ? at_most(n->requests * STACK, STACKS_MAX) : STACKS_MAX;
    size_t burst = n->burst * STACK, some = at_most(all, burst + WORKERS * STACK);
    size_t pages = at_most(left * STACKS_PARTS / PARTS, all);

    if (pages < some)
        pages = at_most(some, less(left, OTHERS));
    return at_most(pages > burst ? pages : burst, left);
}

/* Decides all shares. Returns the pages that are missing. */
static size_t decide(void)
{
    const struct budget_needs *n = &budget.needs;
    size_t *share = budget.shares, all = pages_total(), aside, left;
    size_t least =
        n->burst * STACK + (MAP_CACHE_MIN / BUCKET_BYTES * BUCKET_COST >> PLAT_PAGE_SHIFT) + 1;

    share[BUDGET_KERNEL] = budget.kernel + n->tcpip;
    share[BUDGET_RESERVE] = at_most(all / RESERVE_OF, RESERVE_MAX);
    share[BUDGET_NETWORK] = n->nics * BUDGET_NIC_PAGES;
    share[BUDGET_PROGRAM] = (n->program != 0 ? n->program : all / PROGRAM_OF) + n->disks * DISK +
                            n->nics * NIC + (n->picture ? VIEWERS : 0);
    aside = share[BUDGET_KERNEL] + share[BUDGET_RESERVE] + share[BUDGET_NETWORK] +
            share[BUDGET_PROGRAM];
    share[BUDGET_PICTURE] =
        n->picture ? picture_pages(less(all, aside + least + PICTURE_LEAVES)) : 0;
    aside += share[BUDGET_PICTURE];

    left = less(all, aside);
    share[BUDGET_STACKS] = stacks_pages(left);
    left -= share[BUDGET_STACKS];
    share[BUDGET_BLOCK] = at_most(left * BLOCK_PARTS / (PARTS - STACKS_PARTS), BLOCK_MAX);
    if (n->program == 0)
        share[BUDGET_NETWORK] = at_most(left * NETWORK_PARTS / (PARTS - STACKS_PARTS), NETWORK_MAX);
    share[BUDGET_MAP_CACHE] =
        left - share[BUDGET_BLOCK] - (n->program == 0 ? share[BUDGET_NETWORK] : 0);
    return less(aside + least, all);
}

size_t budget_pages(enum budget_share share)
{
    if (budget.shares[BUDGET_RESERVE] == 0)
        (void)decide();
    return budget.shares[share];
}

size_t budget_pixel_pages(void)
{
    size_t share = budget_pages(BUDGET_PICTURE);

    return share > 0 ? share / PICTURE_PARTS : usual_pixels();
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
    size_t after = requests.under_way + budget.needs.burst;

    if (requests.under_way == 0)
        return true;
    if (requests.most == 0)
        requests.most = budget_pages(BUDGET_STACKS) / STACK;
    if (budget.needs.requests != 0)
        after = at_most(after, budget.needs.requests);
    return after <= requests.most;
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

size_t budget_init(const struct budget_needs *needs)
{
    size_t missing;

    budget.needs = *needs;
    budget.kernel = pages_total() - pages_free_count();
    requests.most = 0;
    missing = decide();
    log_info("budget of %zu KiB: kernel %zu, picture %zu, map cache %zu (for %llu MiB of the "
             "guest), request stacks %zu, block %zu, network %zu, reserve %zu, program %zu",
             pages_total() << PLAT_PAGE_SHIFT >> 10, kib(BUDGET_KERNEL), kib(BUDGET_PICTURE),
             kib(BUDGET_MAP_CACHE), (unsigned long long)(budget_map_cache_bytes() >> 20),
             kib(BUDGET_STACKS), kib(BUDGET_BLOCK), kib(BUDGET_NETWORK), kib(BUDGET_RESERVE),
             kib(BUDGET_PROGRAM));
    return missing;
}
