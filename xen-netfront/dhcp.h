/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * dhcp.h - messages of a DHCP client (RFC 2131, RFC 2132) as Ethernet frames. They go and come
 * beside the rump kernel's TCP/IP, which has no address yet. When which message is sent is
 * own_network.c's to know; nothing here keeps state.
 */
#ifndef DHCP_H
#define DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame that dhcp_make() makes. */
#define DHCP_FRAME_SIZE 342u

#define DHCP_FOR_EVER UINT32_MAX /* a lease's seconds */

enum dhcp_kind {
    DHCP_NONE = 0,
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
};

/* What a server gives. Addresses as they are on the wire. */
struct dhcp_lease {
    uint8_t address[4], server[4], gateway[4];
    bool has_gateway;
    unsigned prefix;               /* bits of the address that are the network's */
    uint32_t seconds, renew_after; /* of the lease; when to ask for more of it */
};

/* What makes a client's messages its own. */
struct dhcp_client {
    uint8_t mac[6];
    uint32_t xid; /* of the exchange; random */
};

/*
 * Makes a message: DHCP_DISCOVER (lease is NULL), or DHCP_REQUEST for an offered lease. held: the
 * lease is ours already and shall last longer.
 */
void dhcp_make(const struct dhcp_client *client, enum dhcp_kind kind,
               const struct dhcp_lease *lease, bool held, uint8_t frame[DHCP_FRAME_SIZE]);

/* Is it for a DHCP client's port? Anything else is the rump kernel's. */
bool dhcp_is_answer(const uint8_t *frame, size_t len);

/*
 * Reads a frame, in which nothing is believed. DHCP_OFFER or DHCP_ACK with *lease filled, DHCP_NAK,
 * or DHCP_NONE for what is no whole answer to the client's exchange.
 */
enum dhcp_kind dhcp_read(const struct dhcp_client *client, const uint8_t *frame, size_t len,
                         struct dhcp_lease *lease);

#endif
