/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Console 0: the ring of <xen/io/console.h> whose page and port come with start_info. xenconsoled
 * and old QEMU read it without a handshake, newer QEMU wants to be told that we are there.
 */
#include "core/string.h"
#include "hypercall.h"
#include "pv.h"
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

/*
 * How often we sleep for the other end to read, before the rest of the text is given up. Sleeps are
 * counted, not time: after a host that stood still for seconds the clock says that the daemon had
 * its time, which it had not.
 */
#define NAP_NS         UINT64_C(1000000)
#define FULL_RING_NAPS 1000u
#define END_NAPS       10000u
/* So long the domain that depends on this one waits for the log to be read. */
#define TELL_NAPS 1000u

static struct xencons_interface *ring;
static plat_port_t port;
static bool stuck; /* the other end let us wait in vain: do not wait again until it reads */

/*
 * QEMU as the other end, since 9.0, treats console 0 as any device: what is in the ring stays there
 * until the frontend's state in xenstore says Connected (XenbusState, 4). The request goes out
 * before all else, because a kernel that ends early, for lack of memory, say, has its reason in
 * this ring. Where the other end does not ask for a state, the node is not ours to write and the
 * answer is an error; either answer is for nobody.
 */
static void tell_connected(void)
{
    static const char body[] = "console/state\0"
                               "4";
    struct xsd_sockmsg header = {
        .type = XS_WRITE, .req_id = PLAT_XENSTORE_REQUEST, .len = sizeof(body) - 1};
    struct xenstore_domain_interface *store = pv_machine_page(pv_start_info->store_mfn);
    struct evtchn_send send = {.port = pv_start_info->store_evtchn};

    /* A domain's ring is empty when it starts, its indices are 0. */
    memcpy(store->req, &header, sizeof(header));
    memcpy(store->req + sizeof(header), body, header.len);
    __atomic_store_n(&store->req_prod, (uint32_t)sizeof(header) + header.len, __ATOMIC_RELEASE);
    xen_event_channel_op(EVTCHNOP_send, &send);
}

void pv_console0_init(void)
{
    ring = pv_machine_page(pv_start_info->console.domU.mfn);
    port = pv_start_info->console.domU.evtchn;
    tell_connected();
}

/* Copies what fits; returns how many bytes that were. */
static size_t put(const char *buf, size_t n)
{
    uint32_t cons = __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
    uint32_t prod = ring->out_prod;
    size_t done = 0;

    if (prod - cons > sizeof(ring->out))
        return n; /* the other end wrote nonsense: there is no way to print about it */
    while (done < n && prod - cons < sizeof(ring->out))
        ring->out[prod++ & (sizeof(ring->out) - 1)] = buf[done++];
    __atomic_store_n(&ring->out_prod, prod, __ATOMIC_RELEASE);
    return done;
}

/* Sleep in Xen until the console's port is notified, NAP_NS at most. */
static void nap(void)
{
    struct sched_poll poll = {.nr_ports = 1, .timeout = plat_monotonic() + NAP_NS};

    set_xen_guest_handle(poll.ports, &port);
    __atomic_fetch_and(&pv_shared_info.evtchn_pending[port / 64], ~(1ul << port % 64),
                       __ATOMIC_SEQ_CST);
    xen_sched_op(SCHEDOP_poll, &poll);
}

/* Bytes that the other end has not read. */
static uint32_t unread(void)
{
    return ring->out_prod - __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
}

/* Sleep until the other end has read something. False: it did not in time. */
static bool wait_for_room(void)
{
    if (stuck)
        return false;
    for (unsigned i = 0; unread() >= sizeof(ring->out); i++) {
        if (i == FULL_RING_NAPS) {
            stuck = true;
            return false;
        }
        nap();
    }
    return true;
}

void plat_console_write(const char *buf, size_t n)
{
    struct evtchn_send send = {.port = port};

    if (ring == NULL)
        return;
    if (unread() < sizeof(ring->out))
        stuck = false;
    while (n) {
        size_t done = put(buf, n);

        xen_event_channel_op(EVTCHNOP_send, &send);
        buf += done;
        n -= done;
        if (n && !wait_for_room())
            break;
    }
}

/* Let the other end read what is left, for at most so many naps. */
static void drain(unsigned naps)
{
    for (unsigned i = 0; ring != NULL && unread() && i < naps; i++)
        nap();
}

/* The domain that plat_end() crashes; DOMID_SELF: none. */
static plat_domid_t dependent = DOMID_SELF;

void plat_end_takes(plat_domid_t domid)
{
    dependent = domid;
}

/*
 * The reason has to be in the log before: a toolstack that sees the other domain's end destroys
 * this one at once.
 */
static void crash_dependent(void)
{
    struct sched_remote_shutdown op = {.domain_id = dependent, .reason = SHUTDOWN_crash};

    if (dependent == DOMID_SELF)
        return;
    drain(TELL_NAPS);
    xen_sched_op(SCHEDOP_remote_shutdown, &op);
}

void plat_end(enum plat_end how)
{
    static const unsigned reason[] = {
        [PLAT_END_POWEROFF] = SHUTDOWN_poweroff,
        [PLAT_END_REBOOT] = SHUTDOWN_reboot,
        [PLAT_END_CRASH] = SHUTDOWN_crash,
    };
    struct sched_shutdown op = {.reason = reason[how]};

    crash_dependent();
    drain(END_NAPS);
    for (;;)
        xen_sched_op(SCHEDOP_shutdown, &op);
}

void *plat_xenstore_ring(plat_port_t *store_port)
{
    *store_port = pv_start_info->store_evtchn;
    return pv_machine_page(pv_start_info->store_mfn);
}
