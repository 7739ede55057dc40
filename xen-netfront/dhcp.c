/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* dhcp.c - makes and reads a DHCP client's messages (dhcp.h). */
#include "dhcp.h"

#include "core/string.h"

/* Where things are in a frame: Ethernet, IPv4 without options, UDP, BOOTP (RFC 951). */
#define ETHER_TYPE   12u
#define IP           14u
#define IP_SIZE      20u
#define UDP          (IP + IP_SIZE)
#define UDP_SIZE     8u
#define BOOTP        (UDP + UDP_SIZE)
#define BOOTP_OP     0u
#define BOOTP_HTYPE  1u
#define BOOTP_HLEN   2u
#define BOOTP_XID    4u
#define BOOTP_CIADDR 12u
#define BOOTP_YIADDR 16u
#define BOOTP_CHADDR 28u
#define BOOTP_COOKIE 236u
#define OPTIONS      240u
#define MESSAGE_SIZE (DHCP_FRAME_SIZE - BOOTP) /* 300: what BOOTP's relays want at least */

#define TYPE_IPV4   0x0800u
#define PROTO_UDP   17u
#define PORT_SERVER 67u
#define PORT_CLIENT 68u
#define BOOTREQUEST 1u
#define BOOTREPLY   2u
#define HTYPE_ETHER 1u
#define MAC_SIZE    6u
#define COOKIE      0x63825363u
#define IP_FRAGMENT 0x3fffu /* more fragments, or not the first */
#define TTL         64u
#define FRAME_MAX   1514u /* what dhcp_make() tells the server is read */

enum option {
    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_REQUESTED = 50,
    OPTION_SECONDS = 51,
    OPTION_KIND = 53,
    OPTION_SERVER = 54,
    OPTION_WANTED = 55,
    OPTION_SIZE_MAX = 57,
    OPTION_RENEW = 58,
    OPTION_END = 255,
};

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

/* ---- making ---------------------------------------------------------------------------------- */

static uint8_t *put_option(uint8_t *at, enum option code, const uint8_t *value, size_t size)
{
    *at++ = (uint8_t)code;
    *at++ = (uint8_t)size;
    memcpy(at, value, size);
    return at + size;
}

static void put_ip(uint8_t *ip, const uint8_t *source)
{
    uint32_t sum = 0;

    ip[0] = 0x45; /* version 4, five words */
    put16(ip + 2, DHCP_FRAME_SIZE - IP);
    ip[8] = TTL;
    ip[9] = PROTO_UDP;
    if (source != NULL)
        memcpy(ip + 12, source, 4);
    memset(ip + 16, 0xff, 4);
    for (unsigned i = 0; i < IP_SIZE; i += 2)
        sum += get16(ip + i);
    sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~(sum + (sum >> 16)));
}

void dhcp_make(const struct dhcp_client *client, enum dhcp_kind kind,
               const struct dhcp_lease *lease, bool held, uint8_t frame[DHCP_FRAME_SIZE])
{
    static const uint8_t wanted[] = {OPTION_MASK, OPTION_ROUTER, OPTION_SECONDS, OPTION_RENEW};
    uint8_t *udp = frame + UDP, *bootp = frame + BOOTP, *at = bootp + OPTIONS;
    uint8_t value[2] = {(uint8_t)kind};

    memset(frame, 0, DHCP_FRAME_SIZE);
    memset(frame, 0xff, MAC_SIZE);
    memcpy(frame + MAC_SIZE, client->mac, MAC_SIZE);
    put16(frame + ETHER_TYPE, TYPE_IPV4);
    put_ip(frame + IP, held ? lease->address : NULL);
    put16(udp, PORT_CLIENT);
    put16(udp + 2, PORT_SERVER);
    put16(udp + 4, DHCP_FRAME_SIZE - UDP); /* its checksum may be left out: zero */

    bootp[BOOTP_OP] = BOOTREQUEST;
    bootp[BOOTP_HTYPE] = HTYPE_ETHER;
    bootp[BOOTP_HLEN] = MAC_SIZE;
    put32(bootp + BOOTP_XID, client->xid);
    if (held)
        memcpy(bootp + BOOTP_CIADDR, lease->address, 4);
    memcpy(bootp + BOOTP_CHADDR, client->mac, MAC_SIZE);
    put32(bootp + BOOTP_COOKIE, COOKIE);

    at = put_option(at, OPTION_KIND, value, 1);
    if (kind == DHCP_REQUEST && !held) {
        at = put_option(at, OPTION_REQUESTED, lease->address, 4);
        at = put_option(at, OPTION_SERVER, lease->server, 4);
    }
    put16(value, FRAME_MAX - IP);
    at = put_option(at, OPTION_SIZE_MAX, value, 2);
    at = put_option(at, OPTION_WANTED, wanted, sizeof(wanted));
    *at = OPTION_END;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The UDP payload for a client's port, NULL: it is none. *size: its bytes, all in the frame. */
static const uint8_t *payload(const uint8_t *frame, size_t len, size_t *size)
{
    const uint8_t *ip = frame + IP, *udp;
    size_t header, total;

    if (len < BOOTP || get16(frame + ETHER_TYPE) != TYPE_IPV4 || ip[0] >> 4 != 4)
        return NULL;
    header = (size_t)(ip[0] & 15) * 4;
    total = get16(ip + 2);
    if (header < IP_SIZE || total < header + UDP_SIZE || total > len - IP ||
        (get16(ip + 6) & IP_FRAGMENT) != 0 || ip[9] != PROTO_UDP)
        return NULL;
    udp = ip + header;
    *size = get16(udp + 4);
    if (get16(udp) != PORT_SERVER || get16(udp + 2) != PORT_CLIENT || *size < UDP_SIZE ||
        *size > total - header)
        return NULL;
    *size -= UDP_SIZE;
    return udp + UDP_SIZE;
}

bool dhcp_is_answer(const uint8_t *frame, size_t len)
{
    size_t size;

    return payload(frame, len, &size) != NULL;
}

/* The bits of a mask, which begin with all its ones; 0: it is none. */
static unsigned prefix_of(uint32_t mask)
{
    unsigned prefix = 0;

    while (prefix < 32 && (mask & 1u << (31 - prefix)) != 0)
        prefix++;
    return prefix == 32 || mask << prefix == 0 ? prefix : 0;
}

/* The network an address had before there were masks (RFC 791). */
static unsigned prefix_by_class(uint8_t first)
{
    return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/* What the options say; the kind last, as it is what makes an answer of it. */
static enum dhcp_kind read_options(const uint8_t *at, size_t size, struct dhcp_lease *lease)
{
    enum dhcp_kind kind = DHCP_NONE;
    bool has_server = false;

    while (size > 0 && *at != OPTION_END) {
        const uint8_t *value = at + 2;
        size_t n;

        if (*at == OPTION_PAD) {
            at++, size--;
            continue;
        }
        if (size < 2 || at[1] > size - 2)
            return DHCP_NONE;
        n = at[1];
        if (*at == OPTION_KIND && n == 1) {
            kind = value[0] == DHCP_OFFER || value[0] == DHCP_ACK || value[0] == DHCP_NAK
                       ? (enum dhcp_kind)value[0]
                       : DHCP_NONE;
        } else if (*at == OPTION_MASK && n == 4) {
            lease->prefix = prefix_of(get32(value));
        } else if (*at == OPTION_ROUTER && n >= 4) {
            memcpy(lease->gateway, value, 4);
            lease->has_gateway = true;
        } else if (*at == OPTION_SERVER && n == 4) {
            memcpy(lease->server, value, 4);
            has_server = true;
        } else if (*at == OPTION_SECONDS && n == 4) {
            lease->seconds = get32(value);
        } else if (*at == OPTION_RENEW && n == 4) {
            lease->renew_after = get32(value);
        }
        at += 2 + n;
        size -= 2 + n;
    }
    return has_server ? kind : DHCP_NONE;
}

/* May a host have it? */
static bool is_host(const uint8_t *address)
{
    return address[0] != 0 && address[0] != 127 && address[0] < 224;
}

enum dhcp_kind dhcp_read(const struct dhcp_client *client, const uint8_t *frame, size_t len,
                         struct dhcp_lease *lease)
{
    enum dhcp_kind kind;
    size_t size;
    const uint8_t *bootp = payload(frame, len, &size);

    if (bootp == NULL || size < OPTIONS || bootp[BOOTP_OP] != BOOTREPLY ||
        get32(bootp + BOOTP_XID) != client->xid ||
        memcmp(bootp + BOOTP_CHADDR, client->mac, MAC_SIZE) != 0 ||
        get32(bootp + BOOTP_COOKIE) != COOKIE)
        return DHCP_NONE;
    memset(lease, 0, sizeof(*lease));
    memcpy(lease->address, bootp + BOOTP_YIADDR, 4);
    kind = read_options(bootp + OPTIONS, size - OPTIONS, lease);
    if (kind == DHCP_NAK)
        return kind;
    if (kind == DHCP_NONE || !is_host(lease->address) || lease->seconds == 0)
        return DHCP_NONE;
    if (lease->has_gateway && !is_host(lease->gateway))
        lease->has_gateway = false;
    if (lease->prefix == 0)
        lease->prefix = prefix_by_class(lease->address[0]);
    if (lease->renew_after == 0 || lease->renew_after >= lease->seconds)
        lease->renew_after = lease->seconds / 2;
    return kind;
}
