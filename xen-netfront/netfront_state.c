/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The life of a device: states of both ends (<xen/io/xenbus.h>), negotiation through xenstore,
 * sharing and taking back the rings. All of it runs on the bus thread (xenbus.h).
 */
#include "core/budget.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "netfront_device.h"

#define SCAN_NS    UINT64_C(20000000000) /* for the first look at xenstore */
#define RETRY_NS   UINT64_C(1000000000)  /* to connect again when memory or grants were short */
#define BROKEN_MAX 8 /* a backend that broke the protocol so often is not tried again */

static struct xenbus_driver driver;
static size_t connected; /* NICs, each of which has its buffers */

/* ---- the connection -------------------------------------------------------------------------- */

static void on_event(plat_port_t port, void *arg)
{
    struct netfront *nf = arg;

    if (port == nf->tx_port)
        net_tx_reap(nf);
    if (port == nf->rx_port)
        net_rx_reap(nf);
}

static void on_retry(struct timer *t)
{
    xenbus_kick(&container_of(t, struct netfront, retry_timer)->dev);
}

void net_broken(struct netfront *nf, const char *what)
{
    log_error("vif %u: backend domain %u broke the protocol: %s; disconnected", nf->dev.id,
              nf->dev.backend_id, what);
    nf->broken = true;
    /* Its teardown writes to xenstore, so it sleeps: not here. */
    xenbus_kick(&nf->dev);
    waitq_wake_all(&nf->tx_wait);
    waitq_wake_all(&nf->rx_wait);
}

static int open_port(struct netfront *nf, plat_port_t *port)
{
    int rc = plat_evtchn_alloc(nf->dev.backend_id, port);

    if (rc == 0)
        plat_evtchn_handler(*port, on_event, nf);
    return rc;
}

static void release(struct netfront *nf)
{
    if (nf->tx_port != 0)
        plat_evtchn_close(nf->tx_port);
    if (nf->rx_port != 0 && nf->rx_port != nf->tx_port)
        plat_evtchn_close(nf->rx_port);
    nf->tx_port = nf->rx_port = 0;
    net_tx_stop(nf);
    net_rx_stop(nf);
    granted_free(&nf->tx_page, MEM_NET);
    granted_free(&nf->rx_page, MEM_NET);
}

static int acquire(struct netfront *nf)
{
    plat_domid_t peer = nf->dev.backend_id;
    int rc;

    /* Backends sit on too many pages already, or they are the reserve, or other NICs have them. */
    if (!granted_may_grow() || !budget_allows(NET_PAGES) ||
        (connected + 1) * NET_PAGES > budget_pages(BUDGET_NETWORK))
        return -ENOMEM;
    rc = granted_alloc(&nf->tx_page, 0, peer, MEM_NET);
    if (rc == 0)
        rc = granted_alloc(&nf->rx_page, 0, peer, MEM_NET);
    if (rc == 0)
        rc = net_tx_start(nf);
    if (rc == 0)
        rc = net_rx_start(nf);
    if (rc == 0)
        rc = open_port(nf, &nf->tx_port);
    if (rc == 0 && nf->split)
        rc = open_port(nf, &nf->rx_port);
    else if (rc == 0)
        nf->rx_port = nf->tx_port;
    return rc;
}

static int publish(struct netfront *nf)
{
    struct xenbus_device *dev = &nf->dev;
    const struct {
        const char *key;
        unsigned value;
    } offer[] = {
        {"tx-ring-ref", nf->tx_page.ref[0]},
        {"rx-ring-ref", nf->rx_page.ref[0]},
        {"request-rx-copy", 1},
        {"feature-rx-notify", 1},
        {"feature-sg", 1},
        /* An emulated NIC has no way to say "checksum not filled in": ask for finished frames. */
        {"feature-no-csum-offload", 1},
        {"feature-ipv6-csum-offload", 0},
        {nf->split ? "event-channel-tx" : "event-channel", nf->tx_port},
        {nf->split ? "event-channel-rx" : "event-channel", nf->rx_port},
    };
    int rc = 0;

    /*
     * The last backend may have been offered the other kind: of two the wrong one would be taken.
     */
    xenbus_remove(dev, nf->split ? "event-channel" : "event-channel-tx");
    if (!nf->split)
        xenbus_remove(dev, "event-channel-rx");
    for (size_t i = 0; i < sizeof(offer) / sizeof(offer[0]) && rc == 0; i++)
        rc = xenbus_write(dev, offer[i].key, "%u", offer[i].value);
    return rc == 0 ? xenbus_set_state(dev, XENBUS_CONNECTED) : rc;
}

static void connect(struct netfront *nf)
{
    int rc;

    nf->peer_sg = xenbus_backend_number(&nf->dev, "feature-sg", 0) != 0;
    nf->split = xenbus_backend_number(&nf->dev, "feature-split-event-channels", 0) != 0;
    nf->broken = nf->peer_connected = false;

    rc = acquire(nf);
    if (rc == 0)
        rc = publish(nf);
    if (rc != 0) {
        release(nf);
        log_warning("vif %u: cannot connect now: %s; trying again", nf->dev.id, errno_name(rc));
        timer_set(&nf->retry_timer, plat_monotonic() + RETRY_NS);
        return;
    }
    nf->connected = true;
    connected++;
    net_rx_reap(nf); /* what came before */
    log_debug("vif %u: connected to %s", nf->dev.id, nf->dev.backend);
}

/*
 * Our side lets go. Closed after Closing at once: the pages wait until the backend has unmapped
 * them.
 */
static void disconnect(struct netfront *nf)
{
    nf->connected = false;
    connected--;
    if (nf->dev.present && nf->dev.backend_state == XENBUS_CONNECTED)
        (void)xenbus_set_state(&nf->dev, XENBUS_CLOSING);
    release(nf);
    if (nf->dev.present)
        (void)xenbus_set_state(&nf->dev, XENBUS_CLOSED);
}

/* ---- states ---------------------------------------------------------------------------------- */

static void changed(struct xenbus_device *dev)
{
    struct netfront *nf = container_of(dev, struct netfront, dev);
    enum xenbus_state backend = dev->backend_state;
    bool serves = backend == XENBUS_INIT_WAIT || backend == XENBUS_INITIALISED;

    if (nf->connected && nf->broken) {
        nf->broken_count++;
        disconnect(nf);
    } else if (nf->connected && nf->let_go) {
        log_debug("vif %u: let go", dev->id);
        disconnect(nf);
    } else if (nf->connected && backend == XENBUS_CONNECTED) {
        nf->peer_connected = true;
    } else if (nf->connected && (!serves || nf->peer_connected)) {
        /* It closed, vanished, or begins anew. */
        log_info("vif %u: the backend went away", dev->id);
        disconnect(nf);
    }
    nf->let_go = false;
    /* The toolstack takes it away once both ends are Closed, opened or not. */
    if (!nf->connected && backend == XENBUS_CLOSING && dev->state != XENBUS_CLOSED)
        (void)xenbus_set_state(dev, XENBUS_CLOSED);
    if (nf->connected || !nf->opened || nf->broken_count > BROKEN_MAX)
        return;
    if (serves)
        connect(nf);
    else if (backend == XENBUS_CLOSED && dev->state == XENBUS_CLOSED &&
             xenbus_backend_number(dev, "online", 0) != 0)
        (void)xenbus_set_state(dev, XENBUS_INITIALISING); /* it waits for us to begin again */
}

static void removed(struct xenbus_device *dev)
{
    struct netfront *nf = container_of(dev, struct netfront, dev);

    log_info("vif %u: removed", dev->id);
    if (nf->connected)
        disconnect(nf);
    timer_cancel(&nf->retry_timer);
    nf->broken_count = 0; /* what the toolstack adds next is another device */
}

static struct xenbus_device *add(struct xenbus_driver *d, uint32_t id)
{
    struct netfront *nf = kmalloc_wait(sizeof(*nf), MEM_NET);

    (void)d, (void)id;
    memset(nf, 0, sizeof(*nf));
    waitq_init(&nf->tx_wait);
    waitq_init(&nf->rx_wait);
    timer_init(&nf->retry_timer, on_retry);
    return &nf->dev;
}

/* ---- open and close -------------------------------------------------------------------------- */

static bool parse_mac(const char *text, uint8_t mac[6])
{
    if (strlen(text) != 17)
        return false;
    for (int i = 0; i < 6; i++) {
        char two[3] = {text[0], text[1], '\0'};
        uint64_t byte;

        if (!kparse_u64(two, 16, &byte) || text[2] != (i < 5 ? ':' : '\0'))
            return false;
        mac[i] = (uint8_t)byte;
        text += 3;
    }
    return true;
}

static struct netfront *find(unsigned id)
{
    list_for_each(it, &driver.devices)
    {
        struct xenbus_device *dev = container_of(it, struct xenbus_device, link);

        if (dev->id == id && dev->present)
            return container_of(dev, struct netfront, dev);
    }
    return NULL;
}

int netfront_open(unsigned id, struct netfront **out)
{
    uint64_t deadline = plat_monotonic() + SCAN_NS;
    bool ok;
    struct netfront *nf;
    char *mac;

    while (!driver.scanned && plat_monotonic() < deadline)
        (void)waitq_wait(&driver.scanned_wait, deadline);
    nf = find(id);
    if (nf == NULL)
        return -ENODEV;
    if (nf->opened)
        return -EBUSY;
    nf->opened = true; /* before the first sleep: nobody else opens it */

    mac = xenbus_frontend_text(&nf->dev, "mac");
    ok = mac != NULL && parse_mac(mac, nf->mac);
    kfree(mac);
    if (!ok) {
        nf->opened = false;
        return -EINVAL;
    }
    xenbus_kick(&nf->dev);
    *out = nf;
    return 0;
}

void netfront_close(struct netfront *nf)
{
    nf->opened = false;
    nf->let_go = true;
    xenbus_kick(&nf->dev);
}

const uint8_t *netfront_mac(const struct netfront *nf)
{
    return nf->mac;
}

int netfront_init(void)
{
    driver.type = "vif";
    driver.add = add;
    driver.changed = changed;
    driver.removed = removed;
    net_tap_register();
    return xenbus_register(&driver);
}
