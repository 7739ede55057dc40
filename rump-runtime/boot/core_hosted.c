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
#include "platform/hosted/hosted.h"

HOSTED_API int64_t hosted_errno_name(int64_t rc);
HOSTED_API int64_t hosted_chacha20_block(uint64_t key, uint64_t counter, uint64_t nonce,
                                         uint64_t out);
HOSTED_API int64_t hosted_random(uint64_t seed, uint64_t seed_size, uint64_t out,
                                 uint64_t out_size);
HOSTED_API int64_t hosted_budget_pages(uint64_t share);
HOSTED_API int64_t hosted_pages_free(void);
HOSTED_API int64_t hosted_log_flood(uint64_t lines, uint64_t program);

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

int64_t hosted_budget_pages(uint64_t share)
{
    return (int64_t)budget_pages((enum budget_share)share);
}

int64_t hosted_pages_free(void)
{
    return (int64_t)pages_free_count();
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
