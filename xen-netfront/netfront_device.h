/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * netfront_device.h - private to xen-netfront: one device, shared by its state machine and its
 * rings.
 */
#ifndef NETFRONT_DEVICE_H
#define NETFRONT_DEVICE_H

#include "core/budget.h"
#include "core/thread.h"
#include "netfront.h"
#include "platform/platform.h"
#include "xenbus/granted.h"
#include "xenbus/ring.h"
#include "xenbus/xenbus.h"

#include <xen/xen.h>

#include <xen/io/netif.h>

/* Pages each way. A ring has 256 entries; the stub domain's memory is better spent elsewhere. */
#define NET_TX_BUFFERS 64u
#define NET_RX_BUFFERS 64u
#define NET_PAGES      (NET_TX_BUFFERS + NET_RX_BUFFERS + 2) /* of a connected device, with rings */

_Static_assert(NET_PAGES == BUDGET_NIC_PAGES, "the budget sets as many aside");

/* A page granted to the backend for as long as the device is connected. */
struct net_buffer {
    struct granted_pages g;
    bool with_backend; /* in a request that was not answered */
};

/* One answered rx request: where the data are. In ring order. */
struct net_rx_slot {
    uint16_t id, offset, size;
    bool more;  /* the frame goes on in the next slot */
    bool blank; /* its checksum is to be filled in (first slot of a frame) */
    bool bad;   /* the backend reported an error: drop the frame */
};

/* One vif of this domain, open or not; kept for ever once seen. */
struct netfront {
    struct xenbus_device dev;
    uint8_t mac[6];
    bool opened; /* somebody uses it: only then it is connected */
    bool let_go; /* it was closed: disconnect, also when it has been opened again */

    /* The connection (netfront_state.c). */
    bool connected;      /* rings are shared */
    bool peer_connected; /* the backend has said so since */
    bool broken;         /* the backend broke the protocol: disconnect */
    bool split;          /* an event channel for each direction */
    bool peer_sg;        /* takes frames of more than one slot */
    unsigned broken_count;
    struct timer retry_timer;     /* to connect, when resources were short */
    plat_port_t tx_port, rx_port; /* the same one unless split */
    struct granted_pages tx_page, rx_page;

    /* Transmit (netfront_tx.c). */
    struct netif_tx_front_ring tx;
    struct net_buffer tx_buf[NET_TX_BUFFERS];
    uint16_t tx_free[NET_TX_BUFFERS]; /* stack of free buffers */
    unsigned tx_free_count;
    struct waitq tx_wait;

    /* Receive (netfront_rx.c). */
    struct netif_rx_front_ring rx;
    struct net_buffer rx_buf[NET_RX_BUFFERS];
    struct net_rx_slot rx_done[NET_RX_BUFFERS]; /* FIFO of answered requests */
    unsigned rx_head, rx_count;
    unsigned rx_frames; /* complete frames in it */
    unsigned rx_untold; /* posted buffers the backend has not heard of */
    struct waitq rx_wait;
};

/* The backend did what the protocol does not allow. */
void net_broken(struct netfront *nf, const char *what);

/*
 * netfront_tx.c: buffers and grants before the rings are shared, and after. 0 or -ENOMEM / -ENOSPC.
 */
int net_tx_start(struct netfront *nf);
void net_tx_stop(struct netfront *nf);
/* Take the answers of the ring. */
void net_tx_reap(struct netfront *nf);

/* netfront_rx.c: the same; start also posts all buffers. */
int net_rx_start(struct netfront *nf);
void net_rx_stop(struct netfront *nf);
void net_rx_reap(struct netfront *nf);

/* netfront_checksum.c: fill in the TCP or UDP checksum of an IPv4 or IPv6 frame, if it has one. */
void net_fill_checksum(uint8_t *frame, size_t len);

/* netfront_tap.c */
void net_tap_register(void);

/*
 * netfront_rump.c: for who gives the rump kernel's interface its address. take() gets the frames
 * with answers of DHCP, which the rump kernel does not see then; it must not sleep. mac: the
 * interface's address. NULL: the rump kernel has not got this vif. The interface must stay.
 */
struct virtif_user *virtif_divert(unsigned id, void (*take)(const uint8_t *frame, size_t len),
                                  uint8_t mac[6]);
/* A frame beside the rump kernel's; dropped when there is no room. */
void virtif_send(struct virtif_user *u, uint8_t *frame, size_t len);

#endif
