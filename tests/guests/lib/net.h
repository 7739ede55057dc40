/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Network cards, and just enough ARP, IPv4 and ICMP to talk to the host's bridge. */
#ifndef NET_H
#define NET_H

#include "guest.h"

#define FRAME_MAX 1514 /* without the check sequence */
#define FRAME_MIN 60

struct nic {
    const char *model;
    uint8_t mac[6];
    uint8_t irq;
    uint32_t base; /* of its registers */
    /* Queues one frame; false if the card did not take it within a second. */
    bool (*send)(struct nic *nic, const void *frame, uint32_t len);
    /* Copies the next received frame to buf (FRAME_MAX bytes) and returns its length; 0: none. */
    uint32_t (*receive)(struct nic *nic, void *buf);
    /* Takes the interrupt request back. */
    void (*acknowledge)(struct nic *nic);
    void *priv;
};

/* The nth card of that model, reset, receiving everything; false if there is none. */
bool e1000_open(struct nic *nic, unsigned nth);
bool rtl8139_open(struct nic *nic, unsigned nth);

/*
 * For measuring, with an e1000: sends count times the same frame with one access to a register and
 * waits until the card has read all. NULL: the frames that are in the buffers already.
 */
bool e1000_repeat(struct nic *nic, const void *frame, uint32_t len, unsigned count);

/* Gives an e1000 so many receive buffers, a multiple of 32. */
void e1000_receive_many(struct nic *nic, unsigned count);

/* Takes all frames that are there and returns how many of them are wanted. */
unsigned e1000_take(struct nic *nic, bool (*wanted)(const uint8_t *frame, uint32_t len));

/* Next frame within ms, or 0; idles in between. */
uint32_t net_receive(struct nic *nic, void *buf, uint32_t ms);

/* Asks for the hardware address of ip (up to ten times, one second each); false: no reply. */
bool net_arp(struct nic *nic, uint32_t own, uint32_t ip, uint8_t mac[6]);

/* Who talks to whom. */
struct peer {
    struct nic *nic;
    uint32_t own, ip; /* host order */
    uint8_t mac[6];   /* of ip */
};

/* For measuring: makes an echo request with len bytes of payload; returns the frame's length. */
uint32_t net_echo_frame(const struct peer *peer, uint32_t len);

/*
 * Sends the frame that net_echo_frame() made and waits for an interrupt that brings the answer,
 * whose contents are not looked at. False: none came within three seconds.
 */
bool net_trip(const struct peer *peer, uint32_t frame);
/* Accesses to registers of a trip whose first interrupt brings the answer. */
#define NET_TRIP_E1000   3 /* memory-mapped */
#define NET_TRIP_RTL8139 6 /* ports */

/*
 * The whole exchange with the peer at parameter "gw" (10.9.0.1), from address own: MAC as in
 * parameter mac_key, ARP, echo with several sizes, a burst, interrupts. Makes the checks itself.
 */
void net_exchange(struct nic *nic, uint32_t own, const char *mac_key);

#endif
