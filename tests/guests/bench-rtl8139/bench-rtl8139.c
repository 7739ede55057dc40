/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-rtl8139: what frames through a Realtek RTL8139 take.
 *
 *  - echo-60, echo-1514: a frame of that size to the host and its answer back
 *  - out-1514: a frame of a type nobody listens to, until the card has sent it; what the host does
 *    with it afterwards falls into a later sample
 * Parameters: ip, gw as nic-rtl8139; n: samples of each, 100 without it.
 */

#include "bench.h"
#include "net.h"

const char test_name[] = "bench-rtl8139";
const char test_title[] = "rtl8139: round trips and frames out";

#define NOBODYS_TYPE 0x88b5 /* for local experiments, IEEE 802 */
#define SEND_PORTS   3

static struct nic nic;
static struct peer peer = {.nic = &nic};

static void trip(uint32_t frame)
{
    if (!net_trip(&peer, frame))
        test_failure("no answer");
}

static void out(const void *frame)
{
    if (!nic.send(&nic, frame, FRAME_MAX))
        test_failure("the card does not send");
}

void test_main(void)
{
    unsigned n = param_u32("n", 100);
    uint8_t frame[FRAME_MAX] = {0};
    peer.own = param_ip("ip", 0x0a090002);
    peer.ip = param_ip("gw", 0x0a090001);
    if (!rtl8139_open(&nic, 0))
        test_error("no rtl8139");
    if (!net_arp(&nic, peer.own, peer.ip, peer.mac))
        test_failure("no ARP reply");
    bench_frequency();
    uint32_t len = net_echo_frame(&peer, 18);
    BENCH("echo-60", n, PORTS(NET_TRIP_RTL8139), trip(len));
    len = net_echo_frame(&peer, FRAME_MAX - 42);
    BENCH("echo-1514", n, PORTS(NET_TRIP_RTL8139), trip(len));
    memcpy(frame, peer.mac, 6);
    memcpy(frame + 6, nic.mac, 6);
    frame[12] = NOBODYS_TYPE >> 8;
    frame[13] = NOBODYS_TYPE & 0xff;
    BENCH("out-1514", n, PORTS(SEND_PORTS), out(frame));
}
