/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Receive ring. Every page is granted and posted; an answered one waits in a FIFO with its data
 * until the reader takes the frame, and is posted again then: a slow reader holds the backend back
 * by itself. The backend hears of posted buffers when no frame is left, or so many have come
 * together.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "netfront_device.h"

#define PUSH_BATCH (NET_RX_BUFFERS / 4)

static void post(struct netfront *nf, uint16_t id)
{
    struct netif_rx_request *req = RING_GET_REQUEST(&nf->rx, nf->rx.req_prod_pvt);

    req->id = id;
    req->pad = 0;
    req->gref = nf->rx_buf[id].g.ref[0];
    nf->rx_buf[id].with_backend = true;
    nf->rx.req_prod_pvt++;
    nf->rx_untold++;
}

static void push(struct netfront *nf)
{
    int notify;

    nf->rx_untold = 0;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&nf->rx, notify);
    if (notify)
        plat_evtchn_notify(nf->rx_port);
}

int net_rx_start(struct netfront *nf)
{
    netif_rx_sring_t *sring = nf->rx_page.page;

    SHARED_RING_INIT(sring);
    FRONT_RING_INIT(&nf->rx, sring, PLAT_PAGE_SIZE);
    nf->rx_head = nf->rx_count = nf->rx_frames = 0;
    for (unsigned i = 0; i < NET_RX_BUFFERS; i++) {
        int rc = granted_alloc(&nf->rx_buf[i].g, 0, nf->dev.backend_id, MEM_NET);

        if (rc)
            return rc;
        post(nf, (uint16_t)i);
    }
    RING_PUSH_REQUESTS(&nf->rx);
    nf->rx_untold = 0;
    return 0;
}

void net_rx_stop(struct netfront *nf)
{
    nf->rx_count = nf->rx_frames = 0;
    for (unsigned i = 0; i < NET_RX_BUFFERS; i++)
        granted_free(&nf->rx_buf[i].g, MEM_NET);
    waitq_wake_all(&nf->rx_wait);
}

/* ---- from the ring into the FIFO ------------------------------------------------------------- */

/* Checks one response and appends it to the FIFO. Returns what is wrong with it, or NULL. */
static const char *take_data(struct netfront *nf, const struct netif_rx_response *rsp)
{
    struct net_rx_slot *slot;

    if (rsp->id >= NET_RX_BUFFERS || !nf->rx_buf[rsp->id].with_backend)
        return "answer to a receive request that was not made";
    if (rsp->status > 0 &&
        (rsp->offset > PLAT_PAGE_SIZE || (size_t)rsp->status > PLAT_PAGE_SIZE - rsp->offset))
        return "received data reach over the end of their page";
    if (rsp->flags & NETRXF_extra_info)
        return "extra information that was not asked for";
    nf->rx_buf[rsp->id].with_backend = false;
    slot = &nf->rx_done[(nf->rx_head + nf->rx_count) % NET_RX_BUFFERS];
    nf->rx_count++;
    *slot = (struct net_rx_slot){
        .id = rsp->id,
        .offset = rsp->offset,
        .size = (uint16_t)(rsp->status > 0 ? rsp->status : 0),
        .more = rsp->flags & NETRXF_more_data,
        .blank = rsp->flags & NETRXF_csum_blank,
        .bad = rsp->status <= 0,
    };
    if (!slot->more)
        nf->rx_frames++;
    return NULL;
}

void net_rx_reap(struct netfront *nf)
{
    const char *wrong = NULL;
    RING_IDX prod;

    if (!nf->connected || nf->broken)
        return;
    do {
        prod = *(volatile RING_IDX *)&nf->rx.sring->rsp_prod;
        xen_rmb(); /* the responses after the index */
        if (prod - nf->rx.rsp_cons > nf->rx.req_prod_pvt - nf->rx.rsp_cons) {
            wrong = "receive index out of range";
            break;
        }
        while (nf->rx.rsp_cons != prod && wrong == NULL) {
            struct netif_rx_response rsp;

            /* A copy the backend cannot change between check and use. */
            RING_COPY_RESPONSE(&nf->rx, nf->rx.rsp_cons, &rsp);
            nf->rx.rsp_cons++;
            wrong = take_data(nf, &rsp);
        }
        if (wrong != NULL)
            break;
        nf->rx.sring->rsp_event = nf->rx.rsp_cons + 1;
        xen_mb(); /* what came before the backend saw the new rsp_event */
    } while (nf->rx.sring->rsp_prod != nf->rx.rsp_cons);
    if (wrong == NULL && nf->rx_count == NET_RX_BUFFERS && !nf->rx_frames)
        wrong = "a received frame takes more than all buffers";
    if (wrong != NULL)
        net_broken(nf, wrong);
    if (nf->rx_frames || nf->broken)
        waitq_wake_all(&nf->rx_wait);
}

/* ---- from the FIFO to the reader ------------------------------------------------------------- */

static struct net_rx_slot *slot_at(struct netfront *nf, unsigned i)
{
    return &nf->rx_done[(nf->rx_head + i) % NET_RX_BUFFERS];
}

/* Slots of the first complete frame; its total size, and whether it is to be dropped. */
static unsigned measure(struct netfront *nf, size_t *len, bool *drop)
{
    unsigned n = 0;

    *len = 0;
    *drop = false;
    for (;;) {
        const struct net_rx_slot *s = slot_at(nf, n++);

        *len += s->size;
        *drop |= s->bad;
        if (!s->more)
            break;
    }
    *drop |= !*len || *len > NETFRONT_FRAME_MAX;
    return n;
}

/*
 * A frame whose checksum is missing is put together first. *done: bytes the vector took. False: no
 * memory.
 */
static bool copy_filled(struct netfront *nf, unsigned slots, size_t len, struct iov_cursor *to,
                        size_t *done)
{
    uint8_t *frame = kmalloc(len, MEM_NET);
    size_t at = 0;

    if (frame == NULL)
        return false;
    for (unsigned i = 0; i < slots; i++) {
        const struct net_rx_slot *slot = slot_at(nf, i);

        memcpy(frame + at, (uint8_t *)nf->rx_buf[slot->id].g.page + slot->offset, slot->size);
        at += slot->size;
    }
    net_fill_checksum(frame, len);
    *done = iov_write(to, frame, len);
    kfree(frame);
    return true;
}

static void give_back(struct netfront *nf, unsigned slots)
{
    for (unsigned i = 0; i < slots; i++)
        post(nf, slot_at(nf, i)->id);
    nf->rx_head = (nf->rx_head + slots) % NET_RX_BUFFERS;
    nf->rx_count -= slots;
    nf->rx_frames--;
    if (nf->rx_frames == 0 || nf->rx_untold >= PUSH_BATCH)
        push(nf);
}

long netfront_receive(struct netfront *nf, const struct kiovec *iov, int n)
{
    struct iov_cursor to = iov_begin(iov, n);
    size_t done = 0;

    net_rx_reap(nf);
    while (nf->connected && !nf->broken && nf->rx_frames) {
        bool drop;
        size_t len;
        unsigned slots = measure(nf, &len, &drop);

        if (!drop && slot_at(nf, 0)->blank) {
            drop = !copy_filled(nf, slots, len, &to, &done);
        } else if (!drop) {
            for (unsigned i = 0; i < slots; i++) {
                const struct net_rx_slot *s = slot_at(nf, i);

                /* As a datagram: what does not fit is lost. */
                done += iov_write(&to, (uint8_t *)nf->rx_buf[s->id].g.page + s->offset, s->size);
            }
        }
        give_back(nf, slots);
        if (!drop)
            return (long)done;
    }
    return -EAGAIN;
}

bool netfront_can_receive(struct netfront *nf)
{
    return nf->connected && !nf->broken && nf->rx_frames;
}

struct waitq *netfront_rx_wait(struct netfront *nf)
{
    return &nf->rx_wait;
}
