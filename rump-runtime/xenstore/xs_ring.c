/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The xenstore ring (<xen/io/xs_wire.h>): one writer at a time, one reader thread, answers by
 * request id.
 */
#include "xenstore/xs_ring.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "platform/platform.h"

static struct {
    struct xenstore_domain_interface *intf;
    plat_port_t port;
    struct waitq moved; /* the other end moved an index */
    struct waitq turn;  /* writers waiting for the present one */
    bool writing;
    struct list pending; /* struct xs_request, in order of sending */
    uint32_t next_id;
} ring = {
    .moved = WAITQ_INIT(ring.moved),
    .turn = WAITQ_INIT(ring.turn),
    .pending = LIST_INIT(ring.pending),
};

static void on_event(plat_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    waitq_wake_all(&ring.moved);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/*
 * Both ends' indices are checked before they are used; the daemon is trusted, a stray write is not.
 */
static uint32_t used(uint32_t prod, uint32_t cons)
{
    if (prod - cons > XENSTORE_RING_SIZE)
        panic("xenstore ring: indices %u and %u are impossible", prod, cons);
    return prod - cons;
}

static void write_bytes(const void *data, size_t len)
{
    const char *from = data;

    while (len) {
        uint32_t cons = __atomic_load_n(&ring.intf->req_cons, __ATOMIC_ACQUIRE);
        uint32_t prod = ring.intf->req_prod;
        uint32_t at = prod & (XENSTORE_RING_SIZE - 1);
        uint32_t n = XENSTORE_RING_SIZE - used(prod, cons);

        if (!n) {
            plat_evtchn_notify(ring.port);
            waitq_wait(&ring.moved, NO_DEADLINE);
            continue;
        }
        if (n > XENSTORE_RING_SIZE - at)
            n = XENSTORE_RING_SIZE - at;
        if (n > len)
            n = (uint32_t)len;
        memcpy(ring.intf->req + at, from, n);
        __atomic_store_n(&ring.intf->req_prod, prod + n, __ATOMIC_RELEASE);
        from += n;
        len -= n;
    }
}

static void read_bytes(void *data, size_t len)
{
    char *to = data;

    while (len) {
        uint32_t prod = __atomic_load_n(&ring.intf->rsp_prod, __ATOMIC_ACQUIRE);
        uint32_t cons = ring.intf->rsp_cons;
        uint32_t at = cons & (XENSTORE_RING_SIZE - 1);
        uint32_t n = used(prod, cons);

        if (!n) {
            waitq_wait(&ring.moved, NO_DEADLINE);
            continue;
        }
        if (n > XENSTORE_RING_SIZE - at)
            n = XENSTORE_RING_SIZE - at;
        if (n > len)
            n = (uint32_t)len;
        memcpy(to, ring.intf->rsp + at, n);
        __atomic_store_n(&ring.intf->rsp_cons, cons + n, __ATOMIC_SEQ_CST);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        /*
         * Looked at again, after the room was given: it may have filled the ring meanwhile and
         * stopped.
         */
        if (__atomic_load_n(&ring.intf->rsp_prod, __ATOMIC_ACQUIRE) - cons >= XENSTORE_RING_SIZE)
            plat_evtchn_notify(ring.port);
        to += n;
        len -= n;
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

void xs_ring_send(struct xs_request *r, uint32_t type, uint32_t tx, const struct xs_part *part,
                  unsigned parts)
{
    struct xsd_sockmsg hdr = {.type = type, .tx_id = tx};

    for (unsigned i = 0; i < parts; i++)
        hdr.len += (uint32_t)part[i].len;
    kassert(hdr.len <= XENSTORE_PAYLOAD_MAX);
    while (ring.writing)
        waitq_wait(&ring.turn, NO_DEADLINE);
    ring.writing = true;
    r->id = hdr.req_id = ring.next_id++;
    list_add_tail(&ring.pending, &r->link);
    write_bytes(&hdr, sizeof(hdr));
    for (unsigned i = 0; i < parts; i++)
        write_bytes(part[i].data, part[i].len);
    plat_evtchn_notify(ring.port);
    ring.writing = false;
    waitq_wake_one(&ring.turn);
}

static void take_watch_event(char *body, uint32_t len)
{
    size_t path_len = strnlen(body, len);
    const char *token = body + path_len + 1;

    if (path_len + 1 >= len || strnlen(token, len - path_len - 1) == len - path_len - 1) {
        log_warning("xenstore: malformed watch event");
        kfree(body);
    } else if (token[0] == 'k') {
        xs_kernel_event(body, body, token);
    } else {
        xs_raw_event(body, token);
        kfree(body);
    }
}

static void take_answer(const struct xsd_sockmsg *hdr, char *body)
{
    list_for_each(it, &ring.pending)
    {
        struct xs_request *r = container_of(it, struct xs_request, link);

        if (r->id != hdr->req_id)
            continue;
        list_remove(&r->link);
        r->done(r, hdr, body);
        return;
    }
    if (hdr->req_id != PLAT_XENSTORE_REQUEST)
        log_warning("xenstore: answer to unknown request %u", hdr->req_id);
    kfree(body);
}

static void reader(void *arg)
{
    (void)arg;
    for (;;) {
        struct xsd_sockmsg hdr;
        char *body;

        read_bytes(&hdr, sizeof(hdr));
        if (hdr.len > XENSTORE_PAYLOAD_MAX)
            panic("xenstore: a message of %u bytes; at most %u are allowed", hdr.len,
                  XENSTORE_PAYLOAD_MAX);
        body = kmalloc_wait(hdr.len + 1, MEM_XENSTORE);
        read_bytes(body, hdr.len);
        body[hdr.len] = '\0';
        if (hdr.type == XS_WATCH_EVENT)
            take_watch_event(body, hdr.len);
        else
            take_answer(&hdr, body);
    }
}

int xs_ring_init(void)
{
    ring.intf = plat_xenstore_ring(&ring.port);
    plat_evtchn_handler(ring.port, on_event, NULL);
    return thread_create("xenstore", reader, NULL) != NULL ? 0 : -ENOMEM;
}

/* ---- errors ---------------------------------------------------------------------------------- */

int xs_errno(const char *text)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {
        {"EINVAL", EINVAL}, {"EACCES", EACCES},       {"EEXIST", EEXIST}, {"EISDIR", EISDIR},
        {"ENOENT", ENOENT}, {"ENOMEM", ENOMEM},       {"ENOSPC", ENOSPC}, {"EIO", EIO},
        {"EROFS", EROFS},   {"ENOTEMPTY", ENOTEMPTY}, {"ENOSYS", ENOSYS}, {"EBUSY", EBUSY},
        {"EAGAIN", EAGAIN}, {"EISCONN", EISCONN},     {"E2BIG", E2BIG},   {"EPERM", EPERM},
    };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (!strcmp(errors[i].name, text))
            return -errors[i].number;
    return -EIO;
}
