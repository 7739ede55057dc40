/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Event channels of the hosted domain. The other end of every port is the test. */
#include "platform/hosted/internal.h"

#include "core/errno.h"
#include "core/log.h"

#define PORTS  256
#define OFFERS 64

static struct port {
    bool open, pending, masked;
    uint32_t remote;
    uint32_t notified; /* by the domain, not yet seen by the test */
    plat_event_fn fn;
    void *arg;
} ports[PORTS]; /* 0 is never valid */
static unsigned ports_open;
static bool any_pending; /* some port may be deliverable */

static struct {
    uint32_t domid, port; /* port 0: free */
} offers[OFFERS];

static struct port *port_of(plat_port_t port)
{
    return port > 0 && port < PORTS && ports[port].open ? &ports[port] : NULL;
}

static struct port *own_port(plat_port_t port)
{
    struct port *p = port_of(port);

    if (p == NULL)
        panic("hosted: event channel %u is not open", port);
    return p;
}

static int open_port(uint32_t remote, plat_port_t *port)
{
    for (plat_port_t i = 1; i < PORTS; i++) {
        if (ports[i].open)
            continue;
        ports[i] = (struct port){.open = true, .remote = remote};
        ports_open++;
        *port = i;
        return 0;
    }
    return -ENOSPC;
}

int plat_evtchn_alloc(plat_domid_t remote, plat_port_t *port)
{
    return open_port(remote, port);
}

int plat_evtchn_bind(plat_domid_t remote, plat_port_t remote_port, plat_port_t *port)
{
    for (size_t i = 0; i < OFFERS; i++) {
        int rc;

        if (offers[i].port == 0 || offers[i].port != remote_port || offers[i].domid != remote)
            continue;
        rc = open_port(remote, port);
        if (rc == 0) {
            offers[i].port = 0;
            ports[*port].pending = any_pending = true; /* Xen makes a freshly bound port pending */
        }
        return rc;
    }
    return -EINVAL;
}

int plat_evtchn_bind_virq(uint32_t virq, plat_port_t *port)
{
    (void)virq; /* raised by the test with hosted_evtchn_send() */
    return open_port(0, port);
}

void plat_evtchn_close(plat_port_t port)
{
    own_port(port)->open = false;
    ports_open--;
}

void plat_evtchn_handler(plat_port_t port, plat_event_fn fn, void *arg)
{
    struct port *p = own_port(port);

    p->fn = fn;
    p->arg = arg;
    if (p->pending)
        any_pending = true;
}

int plat_evtchn_notify(plat_port_t port)
{
    own_port(port)->notified++;
    return 0;
}

void plat_evtchn_mask(plat_port_t port)
{
    own_port(port)->masked = true;
}

void plat_evtchn_unmask(plat_port_t port)
{
    struct port *p = own_port(port);

    p->masked = false;
    if (p->pending)
        any_pending = true;
}

static bool deliverable(const struct port *p)
{
    return p->open && p->pending && !p->masked && p->fn != NULL;
}

bool plat_events_dispatch(void)
{
    bool found = false;

    if (!any_pending)
        return false;
    any_pending = false;
    for (size_t i = 1; i < PORTS; i++) {
        if (!deliverable(&ports[i]))
            continue;
        found = true;
        ports[i].pending = false;
        ports[i].fn((plat_port_t)i, ports[i].arg);
    }
    return found;
}

bool hosted_events_pending(void)
{
    if (any_pending)
        for (size_t i = 1; i < PORTS; i++)
            if (deliverable(&ports[i]))
                return true;
    return false;
}

/* ---- the test's side ------------------------------------------------------------------------- */

int hosted_evtchn_send(uint32_t port)
{
    struct port *p = port_of(port);

    if (p == NULL)
        return -ENOENT;
    p->pending = any_pending = true;
    return 0;
}

int hosted_evtchn_notified(uint32_t port)
{
    struct port *p = port_of(port);
    uint32_t n;

    if (p == NULL)
        return -ENOENT;
    n = p->notified;
    p->notified = 0;
    return n < INT32_MAX ? (int)n : INT32_MAX;
}

int hosted_evtchn_remote(uint32_t port)
{
    struct port *p = port_of(port);

    return p == NULL ? -ENOENT : (int)p->remote;
}

int hosted_evtchn_offer(uint32_t domid, uint32_t remote_port)
{
    if (remote_port == 0)
        return -EINVAL;
    for (size_t i = 0; i < OFFERS; i++) {
        if (offers[i].port != 0)
            continue;
        offers[i].domid = domid;
        offers[i].port = remote_port;
        return 0;
    }
    return -ENOSPC;
}

uint32_t hosted_evtchn_count(void)
{
    return ports_open;
}
