/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * byte_queue.h - an unbounded first-in first-out queue of bytes; whoever fills it watches its size.
 */
#ifndef CORE_BYTE_QUEUE_H
#define CORE_BYTE_QUEUE_H

#include <stddef.h>

#include "core/list.h"

struct byte_queue {
    struct list chunks;
    size_t size; /* bytes queued */
    size_t head; /* bytes of the first chunk that were taken already */
};

void byte_queue_init(struct byte_queue *q);
/* All n bytes or none: 0 or -ENOMEM. */
int byte_queue_put(struct byte_queue *q, const void *data, size_t n);
/* Takes up to n bytes from the front; returns how many. */
size_t byte_queue_get(struct byte_queue *q, void *data, size_t n);
/* The bytes at the front that lie together: *n of them, 0 when the queue is empty. They stay. */
const void *byte_queue_front(const struct byte_queue *q, size_t *n);
/* Removes n bytes from the front, at most what byte_queue_front() showed. */
void byte_queue_drop(struct byte_queue *q, size_t n);
void byte_queue_clear(struct byte_queue *q);

#endif
