/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * own_network.h - the stub domain's own network: one of its vifs is an interface of the rump
 * kernel's TCP/IP, and gets addresses as the kernel's command line says:
 *
 *   rump.net=VIF,ITEM[,ITEM...]
 *
 * An item is "dhcp" (IPv4), ADDRESS/PREFIX, or the ADDRESS of the router to everywhere else; the
 * last two once for IPv4 and once for IPv6. For example rump.net=1,192.0.2.7/24,192.0.2.1
 *
 * What goes wrong is said in the log: the device model works without a network.
 */
#ifndef OWN_NETWORK_H
#define OWN_NETWORK_H

#include <stdbool.h>

#include "linux/rump/rump_glue.h"

struct own_network {
    unsigned vif;
    bool dhcp;
    struct own_addresses {
        bool has_address, has_gateway;
        struct rump_inet address, gateway;
        unsigned prefix;
    } inet, inet6;
};

/* Reads the command line's words. False: they say something else; *net is of no use. */
bool own_network_parse(const char *text, struct own_network *net);

#endif
