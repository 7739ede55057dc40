/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The generator behind plat_random() (random.h). */
#include "core/random.h"

#include "core/string.h"

static const uint8_t no_nonce[CHACHA20_NONCE_BYTES];

/* Replaces the key by the first half of a block; the second half goes to `rest`. */
static void next_key(struct random_state *state, uint32_t counter, uint8_t rest[CHACHA20_KEY_BYTES])
{
    uint8_t block[CHACHA20_BLOCK_BYTES];

    chacha20_block(state->key, counter, no_nonce, block);
    memcpy(state->key, block, CHACHA20_KEY_BYTES);
    memcpy(rest, block + CHACHA20_KEY_BYTES, CHACHA20_KEY_BYTES);
}

void random_mix(struct random_state *state, const void *bytes, size_t n)
{
    const uint8_t *from = bytes;
    uint8_t unused[CHACHA20_KEY_BYTES];

    while (n > 0) {
        size_t part = n < CHACHA20_KEY_BYTES ? n : CHACHA20_KEY_BYTES;

        for (size_t i = 0; i < part; i++)
            state->key[i] ^= from[i];
        next_key(state, (uint32_t)part, unused);
        from += part;
        n -= part;
    }
}

void random_make(struct random_state *state, void *buf, size_t n)
{
    uint8_t old[CHACHA20_KEY_BYTES], block[CHACHA20_BLOCK_BYTES];
    uint8_t *to = buf;
    size_t part = n < CHACHA20_KEY_BYTES ? n : CHACHA20_KEY_BYTES;

    memcpy(old, state->key, sizeof(old));
    next_key(state, 0, block);
    memcpy(to, block, part);
    for (uint32_t counter = 1; part < n; counter++) {
        size_t more = n - part < sizeof(block) ? n - part : sizeof(block);

        chacha20_block(old, counter, no_nonce, block);
        memcpy(to + part, block, more);
        part += more;
    }
    memset(old, 0, sizeof(old));
    memset(block, 0, sizeof(block));
}
