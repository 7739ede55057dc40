/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Facts: RFC 826 (ARP), RFC 791 (IPv4), RFC 792 (ICMP), RFC 1071 (checksum). */

#include "net.h"

#define PACKED        __attribute__((packed))
#define TYPE_IP       0x0800
#define TYPE_ARP      0x0806
#define PROTO_ICMP    1
#define ECHO_REPLY    0
#define ECHO_REQUEST  8
#define ECHO_ID       0x5354
#define BURST         16
#define BURST_PAYLOAD 1400

struct PACKED eth {
    uint8_t dst[6], src[6];
    uint16_t type;
};

struct PACKED arp {
    struct eth eth;
    uint16_t hw_type, proto_type;
    uint8_t hw_len, proto_len;
    uint16_t op;
    uint8_t sender_mac[6];
    uint32_t sender_ip;
    uint8_t target_mac[6];
    uint32_t target_ip;
};

struct PACKED echo {
    struct eth eth;
    uint8_t version_ihl, tos;
    uint16_t total_len, ident, fragment;
    uint8_t ttl, protocol;
    uint16_t ip_sum;
    uint32_t src, dst;
    uint8_t type, code;
    uint16_t sum, id, seq;
    uint8_t payload[];
};

#define IP_HEADER   20
#define ICMP_HEADER 8

/* Frame buffers; x86 does not mind the odd alignment of the fields behind the 14-byte header. */
static uint8_t out[FRAME_MAX], in[FRAME_MAX];

static uint16_t internet_sum(const void *p, uint32_t len)
{
    const uint8_t *b = p;
    uint32_t sum = 0;
    for (uint32_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)b[i] << 8 | b[i + 1];
    if (len & 1)
        sum += (uint32_t)b[len - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void send_arp(struct nic *nic, uint16_t op, uint32_t own, const uint8_t *to, uint32_t ip)
{
    struct arp *a = (struct arp *)out;
    memset(out, 0, FRAME_MIN);
    memset(a->eth.dst, 0xff, 6);
    if (to) {
        memcpy(a->eth.dst, to, 6);
        memcpy(a->target_mac, to, 6);
    }
    memcpy(a->eth.src, nic->mac, 6);
    memcpy(a->sender_mac, nic->mac, 6);
    a->eth.type = swap16(TYPE_ARP);
    a->hw_type = swap16(1);
    a->proto_type = swap16(TYPE_IP);
    a->hw_len = 6;
    a->proto_len = 4;
    a->op = swap16(op);
    a->sender_ip = swap32(own);
    a->target_ip = swap32(ip);
    check(nic->send(nic, out, FRAME_MIN), "%s: ARP frame not taken by the card", nic->model);
}

/* One look at the card: the interrupt is taken first, so that it counts, then withdrawn. */
static uint32_t look(struct nic *nic, void *buf)
{
    irq_enable(nic->irq);
    irq_window();
    nic->acknowledge(nic);
    return nic->receive(nic, buf);
}

uint32_t net_receive(struct nic *nic, void *buf, uint32_t ms)
{
    uint32_t len = 0;
    (void)wait_for((len = look(nic, buf)), ms);
    irq_disable(nic->irq);
    return len;
}

/* Whether the frame in `in` is an ARP message; answers the peer's own questions. */
static bool is_arp_reply(struct nic *nic, uint32_t len, uint32_t own, uint32_t ip)
{
    const struct arp *a = (const struct arp *)in;
    if (len < sizeof(*a) || a->eth.type != swap16(TYPE_ARP))
        return false;
    if (a->op == swap16(1) && a->target_ip == swap32(own)) {
        uint8_t to[6];
        memcpy(to, a->sender_mac, 6);
        send_arp(nic, 2, own, to, swap32(a->sender_ip));
        return false;
    }
    return a->op == swap16(2) && a->sender_ip == swap32(ip) && memcmp(a->eth.dst, nic->mac, 6) == 0;
}

bool net_arp(struct nic *nic, uint32_t own, uint32_t ip, uint8_t mac[6])
{
    /* The peer's side of the link may come up after us, so the first questions may be lost. */
    for (unsigned attempt = 0; attempt < 10; attempt++) {
        uint32_t len;
        send_arp(nic, 1, own, NULL, ip);
        while ((len = net_receive(nic, in, 1000))) {
            if (is_arp_reply(nic, len, own, ip)) {
                memcpy(mac, ((struct arp *)in)->sender_mac, 6);
                if (attempt)
                    note("%s: ARP reply at attempt %u", nic->model, attempt + 1);
                return true;
            }
        }
    }
    return false;
}

static uint8_t payload_byte(uint16_t seq, uint32_t i)
{
    return (uint8_t)(seq * 31 + i * 7 + (i >> 8));
}

/* Makes an echo request in `out`; returns the frame's length. */
static uint32_t make_echo(const struct peer *p, uint16_t seq, uint32_t len)
{
    struct echo *e = (struct echo *)out;
    memset(out, 0, sizeof(out));
    memcpy(e->eth.dst, p->mac, 6);
    memcpy(e->eth.src, p->nic->mac, 6);
    e->eth.type = swap16(TYPE_IP);
    e->version_ihl = 0x45;
    e->total_len = swap16((uint16_t)(IP_HEADER + ICMP_HEADER + len));
    e->ident = swap16(seq);
    e->ttl = 64;
    e->protocol = PROTO_ICMP;
    e->src = swap32(p->own);
    e->dst = swap32(p->ip);
    e->ip_sum = swap16(internet_sum(&e->version_ihl, IP_HEADER));
    e->type = ECHO_REQUEST;
    e->id = swap16(ECHO_ID);
    e->seq = swap16(seq);
    for (uint32_t i = 0; i < len; i++)
        e->payload[i] = payload_byte(seq, i);
    e->sum = swap16(internet_sum(&e->type, ICMP_HEADER + len));
    uint32_t frame = (uint32_t)sizeof(*e) + len;
    return frame < FRAME_MIN ? FRAME_MIN : frame;
}

static void send_echo(const struct peer *p, uint16_t seq, uint32_t len)
{
    uint32_t frame = make_echo(p, seq, len);
    check(p->nic->send(p->nic, out, frame), "%s: echo frame not taken by the card", p->nic->model);
}

uint32_t net_echo_frame(const struct peer *peer, uint32_t len)
{
    return make_echo(peer, 1, len);
}

bool net_trip(const struct peer *peer, uint32_t frame)
{
    struct nic *nic = peer->nic;
    uint32_t seen = irq_count(nic->irq), n;
    irq_enable(nic->irq);
    if (!nic->send(nic, out, frame))
        return false;
    while (wait_for(irq_count(nic->irq) != seen, 3000)) {
        nic->acknowledge(nic);
        while ((n = nic->receive(nic, in))) {
            const struct echo *e = (const struct echo *)in;
            if (n >= sizeof(*e) && e->eth.type == swap16(TYPE_IP) && e->protocol == PROTO_ICMP &&
                e->type == ECHO_REPLY && e->id == swap16(ECHO_ID))
                return true;
            (void)is_arp_reply(nic, n, peer->own, peer->ip);
        }
        seen = irq_count(nic->irq);
        irq_enable(nic->irq);
    }
    return false;
}

/*
 * Waits for an echo reply of len payload bytes and checks every byte of it; *seq: its number.
 * False: none came.
 */
static bool receive_echo(const struct peer *p, uint32_t len, uint16_t *seq)
{
    const struct echo *e = (const struct echo *)in;
    uint32_t n;
    while ((n = net_receive(p->nic, in, 3000))) {
        (void)is_arp_reply(p->nic, n, p->own, p->ip);
        if (n < sizeof(*e) || e->eth.type != swap16(TYPE_IP) || e->protocol != PROTO_ICMP ||
            e->type != ECHO_REPLY || e->id != swap16(ECHO_ID))
            continue;
        *seq = swap16(e->seq);
        check(memcmp(e->eth.dst, p->nic->mac, 6) == 0 && memcmp(e->eth.src, p->mac, 6) == 0,
              "reply %u: wrong hardware addresses", *seq);
        check(e->src == swap32(p->ip) && e->dst == swap32(p->own), "reply %u: wrong addresses",
              *seq);
        if (!check(swap16(e->total_len) == IP_HEADER + ICMP_HEADER + len,
                   "reply %u: length %u, %u expected", *seq, swap16(e->total_len),
                   IP_HEADER + ICMP_HEADER + len) ||
            !check(n >= sizeof(*e) + len, "reply %u: frame of %u bytes is too short", *seq, n))
            return true;
        check(internet_sum(&e->version_ihl, IP_HEADER) == 0, "reply %u: IP checksum", *seq);
        check(internet_sum(&e->type, ICMP_HEADER + len) == 0, "reply %u: ICMP checksum", *seq);
        for (uint32_t i = 0; i < len; i++)
            if (e->payload[i] != payload_byte(*seq, i)) {
                check(false, "reply %u: byte %u is %02x, %02x expected", *seq, i, e->payload[i],
                      payload_byte(*seq, i));
                break;
            }
        return true;
    }
    return false;
}

static void echo_burst(const struct peer *p)
{
    uint32_t missing = (1u << BURST) - 1, lost = 0;
    for (unsigned round = 0; missing && round < 3; round++) {
        uint32_t wanted = 0;
        for (uint16_t i = 0; i < BURST; i++)
            if (missing & 1u << i) {
                send_echo(p, (uint16_t)(100 + i), BURST_PAYLOAD);
                wanted++;
            }
        uint16_t seq;
        while (wanted && receive_echo(p, BURST_PAYLOAD, &seq)) {
            if (!check(seq >= 100 && seq < 100 + BURST, "burst: reply number %u", seq))
                continue;
            if (!check(missing & 1u << (seq - 100), "burst: reply %u came twice", seq))
                continue;
            missing &= ~(1u << (seq - 100));
            wanted--;
        }
        lost += wanted;
    }
    data("burst=%u lost=%u", BURST, lost);
    check(missing == 0, "%s: burst: replies missing after three rounds: mask %x", p->nic->model,
          missing);
}

static void check_mac(const struct nic *nic, const char *mac_key)
{
    static const char digits[] = "0123456789abcdef";
    char wanted[32], have[18];
    for (unsigned i = 0; i < 6; i++) {
        have[3 * i] = digits[nic->mac[i] >> 4];
        have[3 * i + 1] = digits[nic->mac[i] & 15];
        have[3 * i + 2] = i < 5 ? ':' : 0;
    }
    note("%s: address %s, interrupt line %u", nic->model, have, nic->irq);
    if (param(mac_key, wanted, sizeof(wanted)))
        check(memcmp(have, wanted, sizeof(have)) == 0, "%s: address %s, configured %s", nic->model,
              have, wanted);
}

void net_exchange(struct nic *nic, uint32_t own, const char *mac_key)
{
    static const uint32_t sizes[] = {0, 1, 56, 1400, FRAME_MAX - sizeof(struct echo)};
    struct peer p = {.nic = nic, .own = own, .ip = param_ip("gw", 0x0a090001)};
    uint32_t irqs = irq_count(nic->irq);
    check_mac(nic, mac_key);
    if (!net_arp(nic, p.own, p.ip, p.mac))
        test_failure("%s: no ARP reply", nic->model);
    for (uint16_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint16_t seq = 0;
        bool ok = false;
        for (unsigned attempt = 0; !ok && attempt < 3; attempt++) {
            send_echo(&p, (uint16_t)(i + 1), sizes[i]);
            ok = receive_echo(&p, sizes[i], &seq) && seq == i + 1;
        }
        check(ok, "%s: no echo of %u bytes", nic->model, sizes[i]);
    }
    echo_burst(&p);
    check(irq_count(nic->irq) != irqs, "%s: no interrupt on line %u", nic->model, nic->irq);
}
