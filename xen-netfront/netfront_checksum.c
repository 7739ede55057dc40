/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The checksum a backend left blank (NETRXF_csum_blank): its domain expected hardware to fill it
 * in. TCP (RFC 9293) and UDP (RFC 768) over IPv4 (RFC 791) and IPv6 (RFC 8200), up to two VLAN
 * tags. Whatever else a frame holds is left as it is.
 */
#include "netfront_device.h"

#define ETH_HEADER 14u
#define VLAN_TAG   4u

enum { ETH_IPV4 = 0x0800, ETH_IPV6 = 0x86dd, ETH_VLAN = 0x8100, ETH_QINQ = 0x88a8 };
enum { PROTO_TCP = 6, PROTO_UDP = 17 };

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/*
 * Sum of 16-bit words; an odd last byte counts as the high one. Not folded: 64 bits hold any frame.
 */
static uint64_t sum16(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;

    for (; len > 1; p += 2, len -= 2)
        sum += get16(p);
    return len ? sum + ((uint64_t)*p << 8) : sum;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* addresses: the bytes of both addresses, next to each other in either IP header. */
static void fill(uint8_t *segment, size_t len, unsigned proto, const uint8_t *addresses,
                 size_t alen)
{
    size_t field = proto == PROTO_TCP ? 16 : 6;
    uint16_t check;

    if (len < (proto == PROTO_TCP ? 20u : 8u))
        return;
    segment[field] = segment[field + 1] = 0;
    check = fold(sum16(segment, len) + sum16(addresses, alen) + proto + len);
    if (!check && proto == PROTO_UDP)
        check = 0xffff; /* 0 would say that there is none */
    segment[field] = (uint8_t)(check >> 8);
    segment[field + 1] = (uint8_t)check;
}

static void fill_ipv4(uint8_t *ip, size_t len)
{
    size_t header, total;
    unsigned proto;

    if (len < 20 || ip[0] >> 4 != 4)
        return;
    header = (size_t)(ip[0] & 15) * 4;
    total = get16(ip + 2);
    proto = ip[9];
    if (header < 20 || total < header || total > len || (get16(ip + 6) & 0x3fff))
        return; /* a fragment has no checksum of its own */
    if (proto == PROTO_TCP || proto == PROTO_UDP)
        fill(ip + header, total - header, proto, ip + 12, 8);
}

static void fill_ipv6(uint8_t *ip, size_t len)
{
    size_t payload;
    unsigned proto;

    if (len < 40 || ip[0] >> 4 != 6)
        return;
    payload = get16(ip + 4);
    proto = ip[6];
    if (payload > len - 40)
        return;
    if (proto == PROTO_TCP || proto == PROTO_UDP)
        fill(ip + 40, payload, proto, ip + 8, 32);
}

void net_fill_checksum(uint8_t *frame, size_t len)
{
    size_t at = ETH_HEADER;

    for (unsigned tags = 0; tags < 2 && len >= at; tags++) {
        uint16_t type = get16(frame + at - 2);

        if (type != ETH_VLAN && type != ETH_QINQ)
            break;
        at += VLAN_TAG;
    }
    if (len < at)
        return;
    switch (get16(frame + at - 2)) {
    case ETH_IPV4:
        fill_ipv4(frame + at, len - at);
        break;
    case ETH_IPV6:
        fill_ipv6(frame + at, len - at);
        break;
    default:
        break;
    }
}
