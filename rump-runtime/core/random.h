/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * random.h - a generator for plat_random() on a platform without one of its own.
 *
 * The state is a ChaCha20 key. Each request makes a key stream with it whose first 32 bytes become
 * the next key, so that what was given away before cannot be computed from the state. Whatever is
 * mixed in can only add to what is not known of the key.
 */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "core/chacha20.h"

struct random_state {
    uint8_t key[CHACHA20_KEY_BYTES];
};

/* Makes the key depend on n more bytes. */
void random_mix(struct random_state *state, const void *bytes, size_t n);

/* n bytes of output. */
void random_make(struct random_state *state, void *buf, size_t n);

#endif
