/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
#include "core/byte_queue.h"

#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"

/* Small messages share a chunk; a larger one gets a chunk of its own size. */
#define CHUNK_BYTES ((size_t)1000)

struct chunk {
    struct list link;
    size_t used, room;
    char bytes[];
};

void byte_queue_init(struct byte_queue *q)
{
    list_init(&q->chunks);
    q->size = 0;
    q->head = 0;
}

int byte_queue_put(struct byte_queue *q, const void *data, size_t n)
{
    struct chunk *last = NULL, *more = NULL;
    size_t first = 0;

    if (n == 0)
        return 0;
    if (!list_empty(&q->chunks)) {
        last = container_of(q->chunks.prev, struct chunk, link);
        first = last->room - last->used;
        if (first > n)
            first = n;
    }
    if (first < n) {
        size_t room = n - first > CHUNK_BYTES ? n - first : CHUNK_BYTES;

        more = kmalloc(sizeof(*more) + room, MEM_BRIDGE);
        if (more == NULL)
            return -ENOMEM;
        more->room = room;
        more->used = n - first;
        memcpy(more->bytes, (const char *)data + first, n - first);
        list_add_tail(&q->chunks, &more->link);
    }
    if (first > 0) {
        memcpy(last->bytes + last->used, data, first);
        last->used += first;
    }
    q->size += n;
    return 0;
}

const void *byte_queue_front(const struct byte_queue *q, size_t *n)
{
    const struct chunk *c = container_of(q->chunks.next, struct chunk, link);

    *n = q->size > 0 ? c->used - q->head : 0;
    return q->size > 0 ? c->bytes + q->head : NULL;
}

void byte_queue_drop(struct byte_queue *q, size_t n)
{
    struct chunk *c = container_of(q->chunks.next, struct chunk, link);

    q->size -= n;
    q->head += n;
    if (q->head == c->used) {
        list_remove(&c->link);
        kfree(c);
        q->head = 0;
    }
}

size_t byte_queue_get(struct byte_queue *q, void *data, size_t n)
{
    size_t done = 0;

    while (done < n && q->size > 0) {
        size_t part;
        const void *front = byte_queue_front(q, &part);

        if (part > n - done)
            part = n - done;
        memcpy((char *)data + done, front, part);
        done += part;
        byte_queue_drop(q, part);
    }
    return done;
}

void byte_queue_clear(struct byte_queue *q)
{
    list_for_each_safe(it, &q->chunks)
    {
        list_remove(it);
        kfree(container_of(it, struct chunk, link));
    }
    q->size = 0;
    q->head = 0;
}
