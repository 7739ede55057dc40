/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

#include "pattern.h"
#include "guest.h"

#define CKSUM_POLYNOMIAL 0x04c11db7u
#define LEHMER_MODULUS   0x7fffffffu
#define LEHMER_FACTOR    16807u
#define LINE             16

static uint32_t crc_table[256];

static void crc_table_init(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i << 24;
        for (unsigned b = 0; b < 8; b++)
            c = c & 0x80000000u ? c << 1 ^ CKSUM_POLYNOMIAL : c << 1;
        crc_table[i] = c;
    }
}

uint32_t cksum_feed(uint32_t crc, const void *p, size_t n)
{
    const uint8_t *b = p;
    if (!crc_table[1])
        crc_table_init();
    for (; n--; b++)
        crc = crc << 8 ^ crc_table[crc >> 24 ^ *b];
    return crc;
}

uint32_t cksum_finish(uint32_t crc, uint32_t total)
{
    for (; total; total >>= 8) {
        uint8_t b = (uint8_t)total;
        crc = cksum_feed(crc, &b, 1);
    }
    return ~crc;
}

/* x * 16807 mod 2^31-1 without a division: 2^31 is 1 in that ring. */
static uint32_t lehmer(uint32_t x)
{
    uint64_t p = (uint64_t)x * LEHMER_FACTOR;
    uint32_t r = (uint32_t)(p & LEHMER_MODULUS) + (uint32_t)(p >> 31);
    return r >= LEHMER_MODULUS ? r - LEHMER_MODULUS : r;
}

static void hex(uint8_t *out, uint32_t v, unsigned digits)
{
    while (digits--) {
        out[digits] = (uint8_t)("0123456789abcdef"[v & 15]);
        v >>= 4;
    }
}

static void pattern_line(uint32_t *state, uint32_t number, uint8_t *out)
{
    hex(out, *state, 8);
    out[8] = ' ';
    hex(out + 9, number & 0xffffff, 6);
    out[15] = '\n';
    *state = lehmer(*state);
}

void pattern_fill(uint32_t *state, uint32_t line0, void *p, size_t n)
{
    uint8_t *b = p;
    for (size_t i = 0; i < n / LINE; i++)
        pattern_line(state, line0 + i, b + i * LINE);
}

bool pattern_verify(uint32_t *state, uint32_t line0, const void *p, size_t n, uint32_t *bad)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n / LINE; i++) {
        uint8_t line[LINE];
        pattern_line(state, line0 + i, line);
        for (unsigned j = 0; j < LINE; j++) {
            if (b[i * LINE + j] != line[j]) {
                *bad = i * LINE + j;
                return false;
            }
        }
    }
    return true;
}
