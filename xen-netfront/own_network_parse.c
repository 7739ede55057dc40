/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* own_network_parse.c - reads what rump.net= says (own_network.h). */
#include "core/string.h"
#include "own_network.h"

#define GROUPS 8u /* of an IPv6 address, 16 bits each */

/* Each reader begins at *at and moves it behind what it read, when that is what it reads. */

static bool literal(const char **at, const char *text)
{
    size_t n = strlen(text);

    if (strncmp(*at, text, n) != 0)
        return false;
    *at += n;
    return true;
}

static bool number(const char **at, unsigned most, unsigned *value)
{
    unsigned v = 0, digits = 0;

    for (; **at >= '0' && **at <= '9' && digits < 5; (*at)++, digits++)
        v = 10 * v + (unsigned)(**at - '0');
    *value = v;
    return digits > 0 && v <= most;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

static bool inet(const char **at, struct rump_inet *address)
{
    address->size = 4;
    for (int i = 0; i < 4; i++) {
        unsigned value;

        if ((i > 0 && !literal(at, ".")) || !number(at, 255, &value))
            return false;
        address->bytes[i] = (uint8_t)value;
    }
    return true;
}

static bool group(const char **at, uint8_t bytes[2])
{
    unsigned value = 0, digits = 0;

    for (; hex_digit(**at) >= 0 && digits < 4; (*at)++, digits++)
        value = 16 * value + (unsigned)hex_digit(**at);
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    return digits > 0;
}

/* RFC 4291, 2.2: eight groups, or fewer with "::" for those that are zero. */
static bool inet6(const char **at, struct rump_inet *address)
{
    unsigned groups = 0, gap = GROUPS + 1;

    address->size = 16;
    if (literal(at, "::"))
        gap = 0;
    while (groups < GROUPS && (hex_digit(**at) >= 0 || **at == ':')) {
        if (!group(at, address->bytes + 2 * groups))
            return false;
        groups++;
        if (gap > GROUPS && literal(at, "::"))
            gap = groups;
        else if (!literal(at, ":"))
            break;
        else if (hex_digit(**at) < 0)
            return false;
    }
    if (gap > GROUPS)
        return groups == GROUPS;
    if (groups == GROUPS)
        return false;
    memmove(address->bytes + 16 - 2 * (groups - gap), address->bytes + 2 * gap, 2 * (groups - gap));
    memset(address->bytes + 2 * gap, 0, 2 * (GROUPS - groups));
    return true;
}

static bool item(const char **at, struct own_network *net)
{
    const char *end = *at + strlen(*at), *comma = strchr(*at, ','), *colon = strchr(*at, ':');
    bool six = colon != NULL && colon < (comma != NULL ? comma : end);
    struct own_addresses *a = six ? &net->inet6 : &net->inet;
    struct rump_inet address;

    if (literal(at, "dhcp")) {
        net->dhcp = true;
        return true;
    }
    memset(&address, 0, sizeof(address));
    if (!(six ? inet6(at, &address) : inet(at, &address)))
        return false;
    if (literal(at, "/")) {
        if (a->has_address || !number(at, 8 * address.size, &a->prefix) || a->prefix == 0)
            return false;
        a->address = address;
        return a->has_address = true;
    }
    if (a->has_gateway)
        return false;
    a->gateway = address;
    return a->has_gateway = true;
}

bool own_network_parse(const char *at, struct own_network *net)
{
    memset(net, 0, sizeof(*net));
    if (!number(&at, 65535, &net->vif))
        return false;
    do {
        if (!literal(&at, ",") || !item(&at, net))
            return false;
    } while (*at != '\0');
    /* A router without an address of our own, and two who give it. */
    return net->inet.has_gateway <= net->inet.has_address &&
           net->inet6.has_gateway <= net->inet6.has_address &&
           !(net->dhcp && net->inet.has_address);
}
