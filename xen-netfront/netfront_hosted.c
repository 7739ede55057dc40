/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries of the network frontend for hosted tests (platform/hosted/hosted.h). Only opening sleeps
 * and is a worker's call; frames go straight in and out, so that a test can move millions of them.
 */
#include "netfront_device.h"

#include "platform/hosted/hosted.h"

HOSTED_API int64_t hosted_net_open(uint64_t id);
HOSTED_API void hosted_net_close(void *nf);
HOSTED_API int64_t hosted_net_send(void *nf, void *data, uint64_t len, uint64_t split);
HOSTED_API int64_t hosted_net_receive(void *nf, void *data, uint64_t size, uint64_t split);
HOSTED_API int hosted_net_ready(void *nf);
HOSTED_API void hosted_net_mac(void *nf, uint8_t *mac);

/* The device's address or a negative errno. */
int64_t hosted_net_open(uint64_t id)
{
    struct netfront *nf;
    int rc = netfront_open((unsigned)id, &nf);
    return rc != 0 ? rc : (int64_t)(uintptr_t)nf;
}

void hosted_net_close(void *nf)
{
    netfront_close(nf);
}

static void cut(struct kiovec iov[2], void *data, uint64_t len, uint64_t at)
{
    iov[0] = (struct kiovec){.base = data, .len = at};
    iov[1] = (struct kiovec){.base = (char *)data + at, .len = len - at};
}

/* The frame as a vector of two pieces, the first of `split` <= len bytes. */
int64_t hosted_net_send(void *nf, void *data, uint64_t len, uint64_t split)
{
    struct kiovec iov[2];
    cut(iov, data, len, split);
    return netfront_send(nf, iov, 2);
}

int64_t hosted_net_receive(void *nf, void *data, uint64_t size, uint64_t split)
{
    struct kiovec iov[2];
    cut(iov, data, size, split);
    return netfront_receive(nf, iov, 2);
}

/* Bit 0: a frame can be received, bit 1: one can be sent, bit 2: connected. */
int hosted_net_ready(void *nf)
{
    const struct netfront *n = nf;
    return (netfront_can_receive(nf) ? 1 : 0) | (netfront_can_send(nf) ? 2 : 0) |
           (n->connected && !n->broken ? 4 : 0);
}

void hosted_net_mac(void *nf, uint8_t *mac)
{
    memcpy(mac, netfront_mac(nf), 6);
}
