/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * xs_ring.h - private to xenstore/: the ring, request ids, and who waits for which answer.
 */
#ifndef XS_RING_H
#define XS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

#include "core/list.h"
#include "core/thread.h"

/* A request on its way. Lives with whoever made it until done() was called. */
struct xs_request {
    struct list link;
    uint32_t id; /* ours, unique on the ring */
    /*
     * Called once by the reader thread with the answer: a kmalloc'ed body of hdr->len bytes plus a
     * NUL, which now belongs to the callee. Must not sleep.
     */
    void (*done)(struct xs_request *r, const struct xsd_sockmsg *hdr, char *body);
};

/* Connects to the ring and starts the reader thread. */
int xs_ring_init(void);

/*
 * Send one message: type and transaction from the arguments, the body from the parts. Registers the
 * request first. May sleep for room. The sum of the parts must not exceed XENSTORE_PAYLOAD_MAX.
 */
struct xs_part {
    const void *data;
    size_t len;
};
void xs_ring_send(struct xs_request *r, uint32_t type, uint32_t tx, const struct xs_part *part,
                  unsigned parts);

/*
 * A watch event: path and token, both terminated, in one kmalloc'ed body that now belongs to the
 * callee.
 */
void xs_kernel_event(char *body, const char *path, const char *token);
void xs_raw_event(const char *path, const char *token);

/* The negative Linux errno for the text of an XS_ERROR body. */
int xs_errno(const char *text);

#endif
