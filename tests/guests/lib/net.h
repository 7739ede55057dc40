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

/* Next frame within ms, or 0; idles in between. */
uint32_t net_receive(struct nic *nic, void *buf, uint32_t ms);

/* Asks for the hardware address of ip (up to ten times, one second each); false: no reply. */
bool net_arp(struct nic *nic, uint32_t own, uint32_t ip, uint8_t mac[6]);

/*
 * The whole exchange with the peer at parameter "gw" (10.9.0.1), from address own: MAC as in
 * parameter mac_key, ARP, echo with several sizes, a burst, interrupts. Makes the checks itself.
 */
void net_exchange(struct nic *nic, uint32_t own, const char *mac_key);

#endif
