/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* own_network.c - gives the stub domain addresses of its own (own_network.h). */
#include "own_network.h"

#include "components/netbsd.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/thread.h"
#include "dhcp.h"
#include "netfront.h"
#include "netfront_device.h"
#include "rumpuser/rumpuser.h"

#define SECOND    UINT64_C(1000000000)
#define TEXT_SIZE 160
#define NAME_SIZE 16
/* The largest frame with an answer: what dhcp_make() says is read. */
#define ANSWER_MAX 1514u

/* RFC 2131, 4.1 and 4.4.5: how long an answer is waited for, and how often a lease is asked for. */
#define WAIT_FIRST (1 * SECOND)
#define WAIT_MOST  (64 * SECOND)
/* No server makes the domain ask more often than that, whatever it answers. */
#define PAUSE          (10 * SECOND)
#define REQUESTS       4u
#define RENEW_AT_LEAST (60 * SECOND)

static struct {
    struct own_network net;
    char interface[NAME_SIZE];
    struct virtif_user *virtif;
    struct dhcp_client client;
    struct dhcp_lease lease;
    uint8_t answer[ANSWER_MAX]; /* the last frame that came, of answer_size bytes */
    size_t answer_size;
    struct waitq answered;
} own;

/* ---- an interface's addresses ---------------------------------------------------------------- */

static int set_addresses(const struct own_addresses *a)
{
    int rc = 0;

    if (a->has_address)
        rc = rump_if_add_address(own.interface, &a->address, a->prefix);
    if (rc == 0 && a->has_gateway)
        rc = rump_default_route(&a->gateway, true);
    return rc;
}

static struct rump_inet inet(const uint8_t bytes[4])
{
    struct rump_inet address = {.size = 4};

    memcpy(address.bytes, bytes, 4);
    return address;
}

static struct own_addresses of_lease(const struct dhcp_lease *lease)
{
    return (struct own_addresses){.has_address = true,
                                  .has_gateway = lease->has_gateway,
                                  .address = inet(lease->address),
                                  .gateway = inet(lease->gateway),
                                  .prefix = lease->prefix};
}

static void use_lease(void)
{
    const uint8_t *a = own.lease.address;
    struct own_addresses addresses = of_lease(&own.lease);
    int rc = set_addresses(&addresses);

    if (rc < 0)
        log_error("network: cannot use the lease of %u.%u.%u.%u: %s", a[0], a[1], a[2], a[3],
                  errno_name(rc));
    else
        log_info("network: the stub domain has %u.%u.%u.%u/%u by DHCP, for %u s", a[0], a[1], a[2],
                 a[3], own.lease.prefix, own.lease.seconds);
}

static void drop_lease(const char *why)
{
    struct own_addresses a = of_lease(&own.lease);

    log_warning("network: the lease %s", why);
    if (a.has_gateway)
        (void)rump_default_route(&a.gateway, false);
    (void)rump_if_remove_address(own.interface, &a.address);
}

/* ---- DHCP ------------------------------------------------------------------------------------ */

/* The receiver's: a DHCP answer, which the rump kernel does not get to see. */
static void take(const uint8_t *frame, size_t len)
{
    if (len > sizeof(own.answer))
        return;
    memcpy(own.answer, frame, len);
    own.answer_size = len;
    waitq_wake_all(&own.answered);
}

/* Waits for an answer to what was sent: of that kind, or a refusal where one may come. */
static enum dhcp_kind await(enum dhcp_kind kind, uint64_t deadline, struct dhcp_lease *lease)
{
    for (;;) {
        enum dhcp_kind got;

        if (own.answer_size == 0 && waitq_wait(&own.answered, deadline) == -ETIMEDOUT)
            return DHCP_NONE;
        if (own.answer_size == 0)
            continue;
        got = dhcp_read(&own.client, own.answer, own.answer_size, lease);
        own.answer_size = 0;
        if (got == kind || (got == DHCP_NAK && kind == DHCP_ACK))
            return got;
    }
}

static void send(enum dhcp_kind kind, const struct dhcp_lease *lease, bool held)
{
    uint8_t frame[DHCP_FRAME_SIZE];

    dhcp_make(&own.client, kind, lease, held, frame);
    own.answer_size = 0;
    virtif_send(own.virtif, frame, sizeof(frame));
}

static void rest(uint64_t deadline)
{
    while (plat_monotonic() < deadline)
        (void)waitq_wait(&own.answered, deadline);
}

/* From nothing to a lease, however long it takes. */
static void obtain(void)
{
    struct dhcp_lease offer;
    uint64_t wait = WAIT_FIRST;

    for (;; wait = wait < WAIT_MOST ? 2 * wait : WAIT_MOST) {
        plat_random(&own.client.xid, sizeof(own.client.xid));
        send(DHCP_DISCOVER, NULL, false);
        if (await(DHCP_OFFER, plat_monotonic() + wait, &offer) == DHCP_NONE) {
            if (wait == WAIT_MOST)
                log_warning("network: no DHCP server answers");
            continue;
        }
        for (unsigned i = 0; i < REQUESTS; i++) {
            enum dhcp_kind answer;

            send(DHCP_REQUEST, &offer, false);
            answer = await(DHCP_ACK, plat_monotonic() + (WAIT_FIRST << i), &own.lease);
            if (answer == DHCP_ACK)
                return;
            if (answer == DHCP_NAK)
                break;
        }
        rest(plat_monotonic() + PAUSE);
    }
}

/* Has the lease for as long as it can be had. Why it ended. */
static const char *keep(void)
{
    for (;;) {
        uint64_t begin = plat_monotonic(), end = begin + own.lease.seconds * SECOND;
        struct dhcp_lease more;
        enum dhcp_kind answer = DHCP_NONE;

        uint64_t renew = own.lease.renew_after * SECOND;

        rest(own.lease.seconds == DHCP_FOR_EVER ? NO_DEADLINE
                                                : begin + (renew > PAUSE ? renew : PAUSE));
        plat_random(&own.client.xid, sizeof(own.client.xid));
        while (answer == DHCP_NONE) {
            uint64_t now = plat_monotonic(), wait;

            if (now >= end)
                return "has ended, and no server gave more of it";
            wait = (end - now) / 2;
            if (wait < RENEW_AT_LEAST)
                wait = end - now < RENEW_AT_LEAST ? end - now : RENEW_AT_LEAST;
            send(DHCP_REQUEST, &own.lease, true);
            answer = await(DHCP_ACK, now + wait, &more);
        }
        if (answer == DHCP_NAK)
            return "was refused by the server";
        if (memcmp(more.address, own.lease.address, sizeof(more.address)) != 0)
            return "would change its address";
        own.lease.seconds = more.seconds;
        own.lease.renew_after = more.renew_after;
    }
}

static void follow_leases(void)
{
    for (;;) {
        obtain();
        use_lease();
        drop_lease(keep());
        rest(plat_monotonic() + PAUSE);
    }
}

/* ---- start ----------------------------------------------------------------------------------- */

static int set_up(const char **step)
{
    int rc;

    *step = "make the interface: is there such a vif, and are inet and virtif in the rump kernel?";
    rc = rump_if_create(own.interface);
    if (rc == 0) {
        *step = "set addresses of IPv4";
        rc = set_addresses(&own.net.inet);
    }
    if (rc == 0) {
        *step = "switch the interface on";
        rc = rump_if_up(own.interface);
    }
    if (rc == 0) {
        *step = "set addresses of IPv6: is inet6 in the rump kernel?";
        rc = set_addresses(&own.net.inet6);
    }
    return rc;
}

static void own_network_thread(void *arg)
{
    const char *step;
    int rc = set_up(&step);

    (void)arg;
    if (rc < 0) {
        log_error("network: cannot %s (%s)", step, errno_name(rc));
        return;
    }
    log_info("network: vif %u is the stub domain's own", own.net.vif);
    if (own.net.dhcp) {
        own.virtif = virtif_divert(own.net.vif, take, own.client.mac);
        follow_leases();
    }
}

unsigned own_network_init(void)
{
    char text[TEXT_SIZE];
    int rc;

    rc = rumpuser_getparam("net", text, sizeof(text));
    if (rc == NB_ENOENT)
        return 0;
    if (rc != 0 || !own_network_parse(text, &own.net)) {
        log_error("network: rump.net= says not VIF,dhcp or VIF,ADDRESS/PREFIX[,ROUTER]");
        return 0;
    }
    waitq_init(&own.answered);
    ksnprintf(own.interface, sizeof(own.interface), "virt%u", own.net.vif);
    if (thread_create("network", own_network_thread, NULL) == NULL) {
        log_error("network: no memory for its thread");
        return 0;
    }
    return 1;
}
