/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * nic-two: two cards of different models work side by side, each with its own address.
 *
 * vif 0 is an e1000, vif 1 an rtl8139. Each does the whole exchange of nic-e1000 under its own IP
 * address while the other stays on: were the two links crossed, replies would come in at the wrong
 * card.
 *
 * Parameters: mac0, mac1 (configured addresses), gw.
 */

#include "net.h"

const char test_name[] = "nic-two";
const char test_title[] = "e1000 and rtl8139 in one guest";

void test_main(void)
{
    struct nic first, second;
    if (!e1000_open(&first, 0))
        test_error("no e1000");
    if (!rtl8139_open(&second, 0))
        test_error("no rtl8139");
    net_exchange(&first, 0x0a090002, "mac0");
    net_exchange(&second, 0x0a090003, "mac1");
    net_exchange(&first, 0x0a090002, "mac0");
}
