/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The ChaCha20 block function, written from RFC 8439, sections 2.1 to 2.3. */
#include "core/chacha20.h"

#include "core/string.h"

#define WORDS        16
#define DOUBLE_TURNS 10

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static void quarter_round(uint32_t s[WORDS], unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 7);
}

/* The processor is little-endian, as the words of the RFC are. */
void chacha20_block(const uint8_t key[CHACHA20_KEY_BYTES], uint32_t counter,
                    const uint8_t nonce[CHACHA20_NONCE_BYTES], uint8_t out[CHACHA20_BLOCK_BYTES])
{
    uint32_t first[WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t s[WORDS];

    memcpy(&first[4], key, CHACHA20_KEY_BYTES);
    first[12] = counter;
    memcpy(&first[13], nonce, CHACHA20_NONCE_BYTES);
    memcpy(s, first, sizeof(s));
    for (unsigned i = 0; i < DOUBLE_TURNS; i++) {
        for (unsigned k = 0; k < 4; k++) /* columns */
            quarter_round(s, k, 4 + k, 8 + k, 12 + k);
        for (unsigned k = 0; k < 4; k++) /* diagonals */
            quarter_round(s, k, 4 + (k + 1) % 4, 8 + (k + 2) % 4, 12 + (k + 3) % 4);
    }
    for (unsigned i = 0; i < WORDS; i++)
        s[i] += first[i];
    memcpy(out, s, sizeof(s));
}
