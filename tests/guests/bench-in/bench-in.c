/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-in: how many of the frames that the host sends in one go arrive, through an Intel 82540EM.
 *
 * After the line "ready" the host sends UDP datagrams to port 9, as fast as it can. The guest does
 * what a driver does that is busy: for each interrupt one look at its cause, then all frames that
 * are there, whose buffers it gives back 32 at a time. It ends when none has come for a second.
 *   DATA bench-in: frames=ARRIVED
 * Parameters: ip, gw as nic-e1000.
 */

#include "bench.h"
#include "net.h"

const char test_name[] = "bench-in";
const char test_title[] = "e1000: frames that come in one go";

#define BUFFERS 256
#define UDP     17
#define PORT    9

static bool is_ours(const uint8_t *frame, uint32_t len)
{
    return len >= 42 && frame[12] == 8 && frame[13] == 0 && frame[23] == UDP && frame[36] == 0 &&
           frame[37] == PORT;
}

void test_main(void)
{
    struct nic nic;
    struct peer peer = {.nic = &nic};
    uint32_t frames = 0;
    peer.own = param_ip("ip", 0x0a090002);
    peer.ip = param_ip("gw", 0x0a090001);
    if (!e1000_open(&nic, 0))
        test_error("no e1000");
    if (!net_arp(&nic, peer.own, peer.ip, peer.mac))
        test_failure("no ARP reply");
    e1000_receive_many(&nic, BUFFERS);
    note("ready");
    uint32_t seen = irq_count(nic.irq);
    irq_enable(nic.irq);
    /* Nobody sends for a minute, when a person does it. */
    while (wait_for(irq_count(nic.irq) != seen, frames ? 1000 : 60000)) {
        nic.acknowledge(&nic);
        frames += e1000_take(&nic, is_ours);
        seen = irq_count(nic.irq);
        irq_enable(nic.irq);
    }
    data("frames=%u", frames);
    check(frames > 0, "no frame");
}
