/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-e1000: what frames through an Intel 82540EM take.
 *
 *  - echo-60, echo-1514: a frame of that size to the host and its answer back
 *  - out-1514: a frame of a type nobody listens to; out-1514-by-16: 16 of them with one access to a
 *    register, told is what one of them takes. Both until the card has read them: what the host
 *    does with them afterwards falls into a later sample. The mean has all of it; the median can be
 *    of samples in which the host's end had no turn.
 * Parameters: ip, gw as nic-e1000; n: samples of each, 100 without it.
 */

#include "bench.h"
#include "net.h"

const char test_name[] = "bench-e1000";
const char test_title[] = "e1000: round trips and frames out";

#define NOBODYS_TYPE 0x88b5 /* for local experiments, IEEE 802 */
#define GROUP        16

static struct nic nic;
static struct peer peer = {.nic = &nic};

static void trip(uint32_t frame)
{
    if (!net_trip(&peer, frame))
        test_failure("no answer");
}

static void out(const void *frame, unsigned count)
{
    if (!e1000_repeat(&nic, frame, FRAME_MAX, count))
        test_failure("the card does not send");
}

static void many_out(unsigned n)
{
    for (unsigned i = 0; i < 4; i++)
        out(NULL, GROUP);
    bench_begin();
    for (unsigned i = 0; i < n; i++) {
        out(NULL, GROUP);
        bench_sample();
    }
    bench_end("out-1514-by-16", GROUP, (struct bench_accesses){0});
}

void test_main(void)
{
    unsigned n = param_u32("n", 100);
    uint8_t frame[FRAME_MAX] = {0};
    peer.own = param_ip("ip", 0x0a090002);
    peer.ip = param_ip("gw", 0x0a090001);
    if (!e1000_open(&nic, 0))
        test_error("no e1000");
    if (!net_arp(&nic, peer.own, peer.ip, peer.mac))
        test_failure("no ARP reply");
    bench_frequency();
    uint32_t len = net_echo_frame(&peer, 18);
    BENCH("echo-60", n, MEMORY(NET_TRIP_E1000), trip(len));
    len = net_echo_frame(&peer, FRAME_MAX - 42);
    BENCH("echo-1514", n, MEMORY(NET_TRIP_E1000), trip(len));
    memcpy(frame, peer.mac, 6);
    memcpy(frame + 6, nic.mac, 6);
    frame[12] = NOBODYS_TYPE >> 8;
    frame[13] = NOBODYS_TYPE & 0xff;
    out(frame, GROUP);
    out(frame, GROUP);
    BENCH("out-1514", 4 * n, MEMORY(1), out(NULL, 1));
    many_out(n);
}
