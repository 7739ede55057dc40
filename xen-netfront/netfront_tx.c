/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Transmit ring. Data are copied into pages that stay granted while the device is connected; a
 * request's id is the number of its page. Answers only matter when pages run out, so the backend is
 * asked for an event only then.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/string.h"
#include "netfront_device.h"

#define FRAME_MIN 14u /* an Ethernet header */

int net_tx_start(struct netfront *nf)
{
    netif_tx_sring_t *sring = nf->tx_page.page;

    SHARED_RING_INIT(sring);
    FRONT_RING_INIT(&nf->tx, sring, PLAT_PAGE_SIZE);
    nf->tx_free_count = 0;
    for (unsigned i = 0; i < NET_TX_BUFFERS; i++) {
        int rc = granted_alloc(&nf->tx_buf[i].g, 0, nf->dev.backend_id, MEM_NET);

        if (rc)
            return rc;
        nf->tx_buf[i].with_backend = false;
        nf->tx_free[nf->tx_free_count++] = (uint16_t)i;
    }
    return 0;
}

void net_tx_stop(struct netfront *nf)
{
    nf->tx_free_count = 0;
    for (unsigned i = 0; i < NET_TX_BUFFERS; i++)
        granted_free(&nf->tx_buf[i].g, MEM_NET);
    waitq_wake_all(&nf->tx_wait);
}

void net_tx_reap(struct netfront *nf)
{
    bool freed = false;
    RING_IDX prod;

    if (!nf->connected || nf->broken)
        return;
    prod = *(volatile RING_IDX *)&nf->tx.sring->rsp_prod;
    xen_rmb(); /* the responses after the index */
    if (prod - nf->tx.rsp_cons > nf->tx.req_prod_pvt - nf->tx.rsp_cons) {
        net_broken(nf, "transmit index out of range");
        return;
    }
    while (nf->tx.rsp_cons != prod) {
        struct netif_tx_response rsp;

        /* A copy the backend cannot change between check and use. */
        RING_COPY_RESPONSE(&nf->tx, nf->tx.rsp_cons, &rsp);
        nf->tx.rsp_cons++;
        if (rsp.id >= NET_TX_BUFFERS || !nf->tx_buf[rsp.id].with_backend) {
            net_broken(nf, "answer to a transmit request that was not made");
            return;
        }
        nf->tx_buf[rsp.id].with_backend = false;
        nf->tx_free[nf->tx_free_count++] = rsp.id;
        freed = true;
    }
    if (freed)
        waitq_wake_all(&nf->tx_wait);
}

/*
 * Ask for an event when half of what is out has come back; then look again for what came meanwhile.
 */
static void want_event(struct netfront *nf)
{
    RING_IDX out = nf->tx.req_prod_pvt - nf->tx.rsp_cons;

    nf->tx.sring->rsp_event = nf->tx.rsp_cons + (out > 1 ? out / 2 : 1);
    xen_mb();
    net_tx_reap(nf);
}

static bool room(struct netfront *nf, unsigned slots)
{
    if (nf->tx_free_count < slots)
        net_tx_reap(nf);
    if (nf->tx_free_count < slots && nf->connected && !nf->broken)
        want_event(nf);
    return nf->tx_free_count >= slots || !nf->connected || nf->broken;
}

bool netfront_can_send(struct netfront *nf)
{
    return room(nf, 1);
}

struct waitq *netfront_tx_wait(struct netfront *nf)
{
    return &nf->tx_wait;
}

static void queue_frame(struct netfront *nf, struct iov_cursor from, size_t len)
{
    size_t left = len;

    while (left) {
        uint16_t id = nf->tx_free[--nf->tx_free_count];
        struct net_buffer *b = &nf->tx_buf[id];
        struct netif_tx_request *req = RING_GET_REQUEST(&nf->tx, nf->tx.req_prod_pvt);
        size_t piece = iov_read(&from, b->g.page, PLAT_PAGE_SIZE);

        /* The first slot carries the size of the whole frame, the others their own. */
        req->gref = b->g.ref[0];
        req->offset = 0;
        req->flags = left > piece ? NETTXF_more_data : 0;
        req->id = id;
        req->size = (uint16_t)(left == len ? len : piece);
        b->with_backend = true;
        nf->tx.req_prod_pvt++;
        left -= piece;
    }
}

long netfront_send(struct netfront *nf, const struct kiovec *iov, int n)
{
    size_t len = kiovec_size(iov, n);
    unsigned slots = (unsigned)((len + PLAT_PAGE_SIZE - 1) / PLAT_PAGE_SIZE);
    int notify;

    if (len < FRAME_MIN)
        return -EINVAL;
    if (len > NETFRONT_FRAME_MAX || (slots > 1 && nf->connected && !nf->peer_sg))
        return -EMSGSIZE;
    if (!room(nf, slots))
        return -EAGAIN;
    if (!nf->connected || nf->broken)
        return (long)len;
    queue_frame(nf, iov_begin(iov, n), len);
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&nf->tx, notify);
    if (notify)
        plat_evtchn_notify(nf->tx_port);
    return (long)len;
}
