/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Checksums and test patterns; each has a counterpart on the host that shares no code with it. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* POSIX cksum(1), in steps: start with crc = 0, feed bytes, then finish with the byte count. */
uint32_t cksum_feed(uint32_t crc, const void *p, size_t n);
uint32_t cksum_finish(uint32_t crc, uint32_t total);

/*
 * Fills n bytes (a multiple of 16) with pattern lines "xxxxxxxx iiiiii\n" number line0 and up.
 * x is the Lehmer sequence x' = 16807 x mod 2^31-1 that starts with seed; state carries it over:
 * set *state = seed before line 0. tools/pattern writes the same bytes on the host.
 */
void pattern_fill(uint32_t *state, uint32_t line0, void *p, size_t n);

/* Whether the n bytes at p are pattern lines line0 and up; else *bad is the first wrong offset. */
bool pattern_verify(uint32_t *state, uint32_t line0, const void *p, size_t n, uint32_t *bad);

#endif
