/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Clients that speak the wire protocol themselves (/dev/xen/xenbus). Their request ids are replaced
 * on the way out and put back on the way in; watch tokens get the client's number in front
 * ("<id>:token"), so that events find their way and two clients may use the same token. What a
 * client leaves behind is cleaned up when it goes.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "xenstore/xenstore.h"
#include "xenstore/xs_ring.h"

static struct list clients = LIST_INIT(clients);
static uint32_t next_client = 1;

/* Something to undo when the client goes: a watch, or an open transaction. */
struct leftover {
    struct list link;
    uint32_t client;
    uint32_t tx; /* 0: a watch */
    size_t len;  /* of the watch's wire form: path, NUL, prefixed token, NUL */
    char watch[];
};
static struct list leftovers = LIST_INIT(leftovers);

struct raw_request {
    struct xs_request request;
    uint32_t client; /* number: the client may be gone when the answer comes */
    uint32_t client_req;
    uint32_t type, tx;
};

static struct xs_raw_client *find_client(uint32_t id)
{
    list_for_each(it, &clients)
    {
        struct xs_raw_client *c = container_of(it, struct xs_raw_client, link);

        if (c->id == id)
            return c;
    }
    return NULL;
}

/* The client may go while this waits for memory. */
static void deliver(uint32_t client, const struct xsd_sockmsg *hdr, const char *body)
{
    size_t size = sizeof(*hdr) + hdr->len;
    char *msg = kmalloc_wait(size, MEM_XENSTORE);
    struct xs_raw_client *c;

    memcpy(msg, hdr, sizeof(*hdr));
    memcpy(msg + sizeof(*hdr), body, hdr->len);
    while ((c = find_client(client)) != NULL && c->deliver(c, msg, size) < 0)
        memory_pause();
    kfree(msg);
}

/* ---- what to undo ---------------------------------------------------------------------------- */

static void remember(uint32_t client, uint32_t tx, const char *watch, size_t len)
{
    struct leftover *l = kmalloc(sizeof(*l) + len, MEM_XENSTORE);

    if (l == NULL)
        return; /* nothing is undone at the end then: harmless while the domain lives */
    *l = (struct leftover){.client = client, .tx = tx, .len = len};
    memcpy(l->watch, watch, len);
    list_add_tail(&leftovers, &l->link);
}

static void forget(uint32_t client, uint32_t tx, const char *watch, size_t len)
{
    list_for_each_safe(it, &leftovers)
    {
        struct leftover *l = container_of(it, struct leftover, link);

        if (l->client == client && l->tx == tx && l->len == len && !memcmp(l->watch, watch, len)) {
            list_remove(&l->link);
            kfree(l);
            return;
        }
    }
}

/* ---- answers and events ---------------------------------------------------------------------- */

static void raw_done(struct xs_request *r, const struct xsd_sockmsg *hdr_in, char *body)
{
    struct raw_request *raw = container_of(r, struct raw_request, request);
    struct xsd_sockmsg hdr = *hdr_in;
    uint64_t tx;

    if (hdr.type == XS_TRANSACTION_START && kparse_u64(body, 10, &tx) && tx)
        remember(raw->client, (uint32_t)tx, NULL, 0);
    if (raw->type == XS_TRANSACTION_END)
        forget(raw->client, raw->tx, NULL, 0);
    hdr.req_id = raw->client_req;
    deliver(raw->client, &hdr, body);
    kfree(body);
    kfree(raw);
}

void xs_raw_event(const char *path, const char *token)
{
    const char *colon = strchr(token, ':');
    size_t path_len = strlen(path) + 1, token_len;
    struct xsd_sockmsg hdr = {.type = XS_WATCH_EVENT};
    uint64_t id = 0;
    char *body;

    for (const char *s = token; colon != NULL && s < colon; s++)
        id = id * 10 + (uint64_t)(*s - '0');
    if (colon == NULL)
        return;
    token_len = strlen(colon + 1) + 1;
    hdr.len = (uint32_t)(path_len + token_len);
    body = kmalloc_wait(hdr.len, MEM_XENSTORE);
    memcpy(body, path, path_len);
    memcpy(body + path_len, colon + 1, token_len);
    deliver((uint32_t)id, &hdr, body);
    kfree(body);
}

/* ---- requests -------------------------------------------------------------------------------- */

void xs_raw_open(struct xs_raw_client *c)
{
    c->id = next_client++;
    list_add_tail(&clients, &c->link);
}

/* XS_WATCH and XS_UNWATCH carry path and token: put the client's number before the token. */
static int send_watch(struct xs_raw_client *c, struct raw_request *raw, const char *body,
                      size_t len)
{
    size_t path_len = strnlen(body, len) + 1;
    char prefix[16];
    size_t prefix_len = (size_t)ksnprintf(prefix, sizeof(prefix), "%u:", c->id);
    struct xs_part part[] = {
        {body, path_len}, {prefix, prefix_len}, {body + path_len, len - path_len}};
    char *wire;

    if (path_len >= len || body[len - 1] || len + prefix_len > XENSTORE_PAYLOAD_MAX)
        return -EINVAL;
    wire = kmalloc_wait(len + prefix_len, MEM_XENSTORE);
    memcpy(wire, body, path_len);
    memcpy(wire + path_len, prefix, prefix_len);
    memcpy(wire + path_len + prefix_len, body + path_len, len - path_len);
    if (raw->type == XS_WATCH)
        remember(c->id, 0, wire, len + prefix_len);
    else
        forget(c->id, 0, wire, len + prefix_len);
    kfree(wire);
    xs_ring_send(&raw->request, raw->type, raw->tx, part, 3);
    return 0;
}

int xs_raw_send(struct xs_raw_client *c, const void *msg, size_t size)
{
    const char *body = (const char *)msg + sizeof(struct xsd_sockmsg);
    struct xsd_sockmsg hdr;
    struct raw_request *raw;
    struct xs_part part;
    int rc = 0;

    if (size < sizeof(hdr))
        return -EINVAL;
    memcpy(&hdr, msg, sizeof(hdr));
    if (hdr.len != size - sizeof(hdr) || hdr.len > XENSTORE_PAYLOAD_MAX)
        return -EINVAL;
    raw = kmalloc_wait(sizeof(*raw), MEM_XENSTORE);
    *raw = (struct raw_request){
        .request.done = raw_done,
        .client = c->id,
        .client_req = hdr.req_id,
        .type = hdr.type,
        .tx = hdr.tx_id,
    };
    if (hdr.type == XS_WATCH || hdr.type == XS_UNWATCH) {
        rc = send_watch(c, raw, body, hdr.len);
    } else {
        part = (struct xs_part){body, hdr.len};
        xs_ring_send(&raw->request, hdr.type, hdr.tx_id, &part, 1);
    }
    if (rc)
        kfree(raw);
    return rc;
}

void xs_raw_close(struct xs_raw_client *c)
{
    list_remove(&c->link);
    for (;;) {
        struct raw_request *raw = kmalloc_wait(sizeof(*raw), MEM_XENSTORE);
        struct leftover *found = NULL;
        struct xs_part part;

        list_for_each(it, &leftovers)
        {
            found = container_of(it, struct leftover, link);
            if (found->client == c->id)
                break;
            found = NULL;
        }
        if (found == NULL) {
            kfree(raw);
            return;
        }
        list_remove(&found->link);
        *raw = (struct raw_request){
            .request.done = raw_done,
            .type = found->tx ? XS_TRANSACTION_END : XS_UNWATCH,
        };
        part = found->tx ? (struct xs_part){"F", 2} : (struct xs_part){found->watch, found->len};
        xs_ring_send(&raw->request, raw->type, found->tx, &part, 1);
        kfree(found);
    }
}
