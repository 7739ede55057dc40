/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries of the core for hosted tests (platform/hosted/hosted.h).
 */
#include "core/budget.h"
#include "core/chacha20.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/region_tree.h"
#include "platform/hosted/hosted.h"

HOSTED_API int64_t hosted_errno_name(int64_t rc);
HOSTED_API int64_t hosted_chacha20_block(uint64_t key, uint64_t counter, uint64_t nonce,
                                         uint64_t out);
HOSTED_API int64_t hosted_random(uint64_t seed, uint64_t seed_size, uint64_t out,
                                 uint64_t out_size);
HOSTED_API int64_t hosted_budget_init(uint64_t program, uint64_t video, uint64_t disks,
                                      uint64_t nics, uint64_t burst);
HOSTED_API int64_t hosted_budget_pages(uint64_t share);
HOSTED_API int64_t hosted_budget_request(uint64_t begin);
HOSTED_API int64_t hosted_pages_free(void);
HOSTED_API int64_t hosted_memory_used(uint64_t owner);
HOSTED_API int64_t hosted_log_flood(uint64_t lines, uint64_t program);
HOSTED_API int64_t hosted_region_insert(uint64_t start, uint64_t end);
HOSTED_API int64_t hosted_region_remove(uint64_t start);
HOSTED_API int64_t hosted_region_resize(uint64_t start, uint64_t new_start, uint64_t new_end);
HOSTED_API int64_t hosted_region_after(uint64_t va);
HOSTED_API int64_t hosted_region_neighbour(uint64_t start, uint64_t next);
HOSTED_API int64_t hosted_region_hole(uint64_t low, uint64_t high, uint64_t len);
HOSTED_API int64_t hosted_region_depth(void);

/* The address of the name, a string constant. */
int64_t hosted_errno_name(int64_t rc)
{
    return (int64_t)(uintptr_t)errno_name(rc);
}

/* chacha20_block() for key (32 bytes) and nonce (12); out has room for 64. */
int64_t hosted_chacha20_block(uint64_t key, uint64_t counter, uint64_t nonce, uint64_t out)
{
    chacha20_block((const uint8_t *)(uintptr_t)key, (uint32_t)counter,
                   (const uint8_t *)(uintptr_t)nonce, (uint8_t *)(uintptr_t)out);
    return 0;
}

/* What a fresh generator that the seed was mixed into makes. */
int64_t hosted_random(uint64_t seed, uint64_t seed_size, uint64_t out, uint64_t out_size)
{
    struct random_state state = {{0}};

    random_mix(&state, (const void *)(uintptr_t)seed, seed_size);
    random_make(&state, (void *)(uintptr_t)out, out_size);
    return 0;
}

/* budget_init(): the pages that are missing. Without video memory (pages) there is no picture. */
int64_t hosted_budget_init(uint64_t program, uint64_t video, uint64_t disks, uint64_t nics,
                           uint64_t burst)
{
    struct budget_needs needs = {
        .program = program,
        .video = video,
        .picture = video != 0,
        .disks = (unsigned)disks,
        .nics = (unsigned)nics,
        .requests = (unsigned)(disks * burst),
        .burst = (unsigned)burst,
    };

    return (int64_t)budget_init(&needs);
}

int64_t hosted_budget_pages(uint64_t share)
{
    return (int64_t)budget_pages((enum budget_share)share);
}

/* A request to a disk begins, or one ends. */
int64_t hosted_budget_request(uint64_t begin)
{
    if (begin != 0)
        budget_request_begin();
    else
        budget_request_end();
    return 0;
}

int64_t hosted_pages_free(void)
{
    return (int64_t)pages_free_count();
}

/* Bytes, by enum mem_owner; -1: there are no more owners. */
int64_t hosted_memory_used(uint64_t owner)
{
    return owner < MEM_OWNERS ? (int64_t)memory_used((enum mem_owner)owner) : -1;
}

/* So many lines at once, of the kernel or of a program whose text is limited. */
int64_t hosted_log_flood(uint64_t lines, uint64_t program)
{
    static const char text[] = "what the program has to say over and over again\n";

    if (program != 0)
        log_limit_program();
    for (uint64_t i = 0; i < lines; i++) {
        if (program != 0)
            log_program_text(text, sizeof(text) - 1);
        else
            log_info("what the kernel has to say over and over again");
    }
    return 0;
}

/* ---- a tree of regions; those named by their start are there --------------------------------- */

static struct region_tree regions;

static int64_t region_start(const struct region_node *node)
{
    return node != NULL ? (int64_t)node->start : -1;
}

int64_t hosted_region_insert(uint64_t start, uint64_t end)
{
    struct region_node *node = kmalloc(sizeof(*node), MEM_CORE);

    if (node == NULL)
        return -ENOMEM;
    *node = (struct region_node){.start = start, .end = end};
    region_insert(&regions, node);
    return 0;
}

int64_t hosted_region_remove(uint64_t start)
{
    struct region_node *node = region_after(&regions, start);

    region_remove(&regions, node);
    kfree(node);
    return 0;
}

int64_t hosted_region_resize(uint64_t start, uint64_t new_start, uint64_t new_end)
{
    struct region_node *node = region_after(&regions, start);

    node->start = new_start;
    node->end = new_end;
    region_changed(node);
    return 0;
}

int64_t hosted_region_after(uint64_t va)
{
    return region_start(region_after(&regions, va));
}

int64_t hosted_region_neighbour(uint64_t start, uint64_t next)
{
    const struct region_node *node = region_after(&regions, start);

    return region_start(next != 0 ? region_next(node) : region_prev(node));
}

int64_t hosted_region_hole(uint64_t low, uint64_t high, uint64_t len)
{
    return (int64_t)region_hole(&regions, low, high, len);
}

/* The longest way from the root to a region, in steps. */
int64_t hosted_region_depth(void)
{
    int64_t deepest = 0;

    for (const struct region_node *n = region_after(&regions, 0); n != NULL; n = region_next(n)) {
        int64_t depth = 0;

        for (const struct region_node *up = n->parent; up != NULL; up = up->parent)
            depth++;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}
