/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * xenstore.h - client of the xenstore ring (<xen/io/xs_wire.h>; Xen's docs/misc/xenstore.txt).
 *
 * Two faces over one ring: blocking calls for kernel code, and raw messages for /dev/xen/xenbus.
 * Any number of requests may be outstanding (the daemon allows 20 per domain: more wait here).
 * Answers are matched by request id; every length is checked when a message has arrived whole.
 *
 * Errors are negative Linux errno values as the daemon names them. Strings handed out are
 * NUL-terminated kmalloc memory (MEM_XENSTORE) that the caller frees.
 */
#ifndef XENSTORE_H
#define XENSTORE_H

#include <stddef.h>
#include <stdint.h>

#include "core/list.h"

typedef uint32_t xs_tx_t;
#define XS_NO_TX 0u

/* Starts the client; needs threads. 0 or a negative errno. */
int xenstore_init(void);

int xs_read(xs_tx_t tx, const char *path, char **value, size_t *len /* may be NULL */);
/*
 * Reads n nodes with all requests under way at once, so that it costs about one round trip.
 * values[i] and lens[i] are as from xs_read(), values[i] NULL where that failed. 0, or the first
 * negative errno.
 */
int xs_read_many(xs_tx_t tx, const char *const paths[], size_t n, char *values[], size_t lens[]);
/* Reads a decimal number; -EINVAL when the node holds anything else. */
int xs_read_u64(xs_tx_t tx, const char *path, uint64_t *value);
int xs_write(xs_tx_t tx, const char *path, const char *value);
int xs_printf(xs_tx_t tx, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int xs_rm(xs_tx_t tx, const char *path);
/* Names of the children: *names is one kmalloc block holding pointers and strings; free it once. */
int xs_directory(xs_tx_t tx, const char *path, char ***names, size_t *count);
/* perms in xenstore's notation, e.g. { "n5", "r0" }. */
int xs_set_permissions(xs_tx_t tx, const char *path, const char *const perms[], size_t count);

int xs_transaction_start(xs_tx_t *tx);
/* -EAGAIN: conflict, start again. */
int xs_transaction_end(xs_tx_t tx, int abort);

/*
 * Watches. fn runs on the client's own thread and may use every call above. It fires once at
 * registration, as xenstore defines. `path` is the path that changed, valid during the call. The
 * structure is the caller's and must stay until xs_watch_remove() has returned; fn is not called
 * after that.
 */
struct xs_watch {
    struct list link;
    const char *path; /* set by the caller, must stay valid */
    void (*fn)(struct xs_watch *w, const char *path);
    uint32_t token; /* private */
};
int xs_watch_add(struct xs_watch *w);
void xs_watch_remove(struct xs_watch *w);

/* ---- raw messages, for clients that speak the wire protocol themselves ----------------------- */

/*
 * A client with request ids and watch tokens of its own. deliver() is called once per message for
 * it (answers and watch events), with a complete message: header in xs_wire form with the client's
 * own req_id, then len bytes. It must copy and must not sleep: 0, or -ENOMEM to be called again
 * when there may be memory.
 */
struct xs_raw_client {
    struct list link; /* private */
    int (*deliver)(struct xs_raw_client *c, const void *msg, size_t size);
    uint32_t id; /* private */
};
void xs_raw_open(struct xs_raw_client *c);
/* Unregisters its watches, ends its transactions; deliver() is not called any more. May sleep. */
void xs_raw_close(struct xs_raw_client *c);
/*
 * One complete request (struct xsd_sockmsg + payload). May sleep, for room or memory. 0 or -EINVAL
 * (malformed).
 */
int xs_raw_send(struct xs_raw_client *c, const void *msg, size_t size);

#endif
