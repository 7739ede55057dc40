/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The hypercalls of the rump kernel's "virt" interface (rumpuser/virtif.h): unit N is vif N. Used
 * by NetBSD's TCP/IP; the bundled rump kernel has no network.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "dhcp.h"
#include "netfront_device.h"
#include "rumpuser/context.h"
#include "rumpuser/rumpuser.h"
#include "rumpuser/virtif.h"

#define RX_FRAME_MAX 9018u /* jumbo frame: what the interface's largest MTU needs */
#define PIECES_MAX   32

struct virtif_user {
    struct list link;
    unsigned id;
    struct netfront *nf;
    struct virtif_sc *sc;
    bool dying, ended; /* asked to end; receiver is gone */
    struct waitq gone;
    void (*take)(const uint8_t *frame, size_t len);
    uint8_t frame[RX_FRAME_MAX];
};

static struct list users = LIST_INIT(users);

/* Absent from a rump kernel without the interface; nobody calls the functions below then. */
void rump_virtif_virt_deliverpkt(struct virtif_sc *sc, struct rumpuser_iovec *iov, size_t n)
    __attribute__((weak));

static void receiver(void *arg)
{
    struct virtif_user *u = arg;

    while (!u->dying) {
        struct kiovec iov = {u->frame, sizeof(u->frame)};
        long len = netfront_receive(u->nf, &iov, 1);

        if (len > 0 && u->take != NULL && dhcp_is_answer(u->frame, (size_t)len)) {
            u->take(u->frame, (size_t)len);
        } else if (len > 0) {
            struct rumpuser_iovec piece = {.iov_base = u->frame, .iov_len = (size_t)len};

            rumpuser_enter_kernel();
            rump_virtif_virt_deliverpkt(u->sc, &piece, 1);
            rumpuser_leave_kernel();
        } else {
            waitq_wait(netfront_rx_wait(u->nf), NO_DEADLINE);
        }
    }
    u->ended = true;
    waitq_wake_all(&u->gone);
}

int rumpcomp_virt_create(const char *unit, struct virtif_sc *sc, uint8_t mac[6],
                         struct virtif_user **userp)
{
    struct virtif_user *u;
    uint64_t id;
    int rc, nlocks;

    if (!kparse_u64(unit, 10, &id) || id > UINT32_MAX)
        return ENXIO;
    u = kzalloc(sizeof(*u), MEM_NET);
    if (u == NULL)
        return ENOMEM;
    u->sc = sc;
    waitq_init(&u->gone);
    nlocks = rumpuser_unschedule(NULL); /* it may wait until the devices are known */
    rc = netfront_open((unsigned)id, &u->nf);
    rumpuser_schedule(nlocks, NULL);
    if (!rc) {
        memcpy(mac, netfront_mac(u->nf), 6);
        if (thread_create("virtif", receiver, u) == NULL) {
            netfront_close(u->nf);
            rc = -ENOMEM;
        }
    }
    if (rc) {
        kfree(u);
        return -rc; /* all of them below 35, where Linux and NetBSD agree */
    }
    u->id = (unsigned)id;
    list_add_tail(&users, &u->link);
    *userp = u;
    return 0;
}

int rumpcomp_virt_dying(struct virtif_user *u)
{
    u->dying = true;
    waitq_wake_all(netfront_rx_wait(u->nf));
    return 0;
}

void rumpcomp_virt_destroy(struct virtif_user *u)
{
    int nlocks = rumpuser_unschedule(NULL);

    while (!u->ended)
        waitq_wait(&u->gone, NO_DEADLINE);
    rumpuser_schedule(nlocks, NULL);
    netfront_close(u->nf);
    list_remove(&u->link);
    kfree(u);
}

void rumpcomp_virt_send(struct virtif_user *u, struct rumpuser_iovec *iov, size_t n)
{
    struct kiovec piece[PIECES_MAX];

    if (n > PIECES_MAX)
        return;
    for (size_t i = 0; i < n; i++)
        piece[i] = (struct kiovec){iov[i].iov_base, iov[i].iov_len};
    netfront_send(u->nf, piece, (int)n);
}

struct virtif_user *virtif_divert(unsigned id, void (*take)(const uint8_t *frame, size_t len),
                                  uint8_t mac[6])
{
    list_for_each(it, &users)
    {
        struct virtif_user *u = container_of(it, struct virtif_user, link);

        if (u->id == id) {
            u->take = take;
            memcpy(mac, netfront_mac(u->nf), 6);
            return u;
        }
    }
    return NULL;
}

void virtif_send(struct virtif_user *u, uint8_t *frame, size_t len)
{
    struct kiovec piece = {.base = frame, .len = len};

    (void)netfront_send(u->nf, &piece, 1);
}
