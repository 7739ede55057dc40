/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * nic-rtl8139: frames travel both ways through an emulated rtl8139, whole and unchanged.
 *
 * The card gets the configured hardware address, resolves the host's bridge address by ARP, and
 * exchanges ICMP echoes of 0 to 1472 bytes and a burst of 16 times 1400 bytes with it. The peer is
 * the host's own IP stack, so both checksums and every payload byte have an independent judge. At
 * least one interrupt must have come.
 *
 * Parameters: ip (own address, 10.9.0.2), gw (peer, 10.9.0.1), mac (configured address).
 */

#include "net.h"

const char test_name[] = "nic-rtl8139";
const char test_title[] = "rtl8139: ARP, echo and burst with the host";

void test_main(void)
{
    struct nic nic;
    if (!rtl8139_open(&nic, 0))
        test_skip("no rtl8139");
    net_exchange(&nic, param_ip("ip", 0x0a090002), "mac");
}
