/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The states of the PCI frontend, the page it shares, and what xenstore says of the devices. */
#include "passthrough/pcifront.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "passthrough/pci_link.h"

struct pci_link pci_link = {.wait = WAITQ_INIT(pci_link.wait)};

static struct xenbus_driver driver;

/* ---- the shared page ------------------------------------------------------------------------- */

static void on_event(plat_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    waitq_wake_all(&pci_link.wait);
}

/* Whoever waits for an answer fails; the backend may keep the page mapped, so it is set aside. */
static void hang_up(void)
{
    if (pci_link.page.page == NULL)
        return;
    pci_link.connections++;
    plat_evtchn_close(pci_link.port);
    granted_free(&pci_link.page, MEM_BRIDGE);
    waitq_wake_all(&pci_link.wait);
}

static int publish(struct xenbus_device *dev)
{
    int rc;

    rc = xenbus_write(dev, "pci-op-ref", "%u", pci_link.page.ref[0]);
    if (rc == 0)
        rc = xenbus_write(dev, "event-channel", "%u", pci_link.port);
    if (rc == 0)
        rc = xenbus_write(dev, "magic", XEN_PCI_MAGIC);
    if (rc == 0)
        rc = xenbus_set_state(dev, XENBUS_INITIALISED);
    return rc;
}

static int offer(struct xenbus_device *dev)
{
    int rc = granted_may_grow() ? granted_alloc(&pci_link.page, 0, dev->backend_id, MEM_BRIDGE)
                                : -ENOMEM;

    if (rc < 0)
        return rc;
    rc = plat_evtchn_alloc(dev->backend_id, &pci_link.port);
    if (rc < 0) {
        granted_free(&pci_link.page, MEM_BRIDGE);
        return rc;
    }
    plat_evtchn_handler(pci_link.port, on_event, NULL);
    pci_link.overdue_told = false;
    rc = publish(dev);
    if (rc < 0)
        hang_up();
    return rc;
}

/* ---- states ---------------------------------------------------------------------------------- */

static void follow(struct xenbus_device *dev, enum xenbus_state state)
{
    if (dev->state != state)
        (void)xenbus_set_state(dev, state);
}

/* The backend waits for a page, for the first time or because it began anew. */
static void begin(struct xenbus_device *dev)
{
    int rc;

    if (pci_link.page.page != NULL && dev->state == XENBUS_INITIALISED)
        return; /* it has one, and has not looked yet */
    hang_up();
    rc = offer(dev);
    if (rc < 0) {
        log_error("pci: cannot connect to %s (%s)", dev->backend, errno_name(rc));
        follow(dev, XENBUS_CLOSED);
    }
}

/*
 * The toolstack announces each further device by "reconfiguring", which the backend takes up only
 * when we say the same, and ends by "connected" on both sides.
 */
static void changed(struct xenbus_device *dev)
{
    bool open = pci_link.page.page != NULL;

    switch (dev->backend_state) {
    case XENBUS_INITIALISING:
        break; /* not ready yet */
    case XENBUS_INIT_WAIT:
    case XENBUS_INITIALISED:
        begin(dev);
        break;
    case XENBUS_CONNECTED:
    case XENBUS_RECONFIGURED:
        if (open)
            follow(dev, XENBUS_CONNECTED);
        break;
    case XENBUS_RECONFIGURING:
        if (open && dev->state == XENBUS_CONNECTED)
            follow(dev, XENBUS_RECONFIGURING);
        break;
    default:
        if (!open)
            break;
        log_info("pci: the backend went away");
        hang_up();
        if (dev->present)
            follow(dev, XENBUS_CLOSED);
    }
}

static void removed(struct xenbus_device *dev)
{
    (void)dev;
    hang_up();
}

/* All devices of a domain are behind one frontend. */
static struct xenbus_device *add(struct xenbus_driver *d, uint32_t id)
{
    (void)d;
    return id == 0 ? &pci_link.dev : NULL;
}

int pcifront_start(void)
{
    driver.type = "pci";
    driver.add = add;
    driver.changed = changed;
    driver.removed = removed;
    return xenbus_register(&driver);
}

/* ---- devices --------------------------------------------------------------------------------- */

unsigned pcifront_devices(void)
{
    uint64_t n = pci_link.dev.present ? xenbus_backend_number(&pci_link.dev, "num_devs", 0) : 0;

    return n < PCIFRONT_DEVICES ? (unsigned)n : PCIFRONT_DEVICES;
}

static bool parse_all(const char *text, struct pci_address *a)
{
    const char *end;

    return text != NULL && pci_address_parse(text, a, &end) && *end == '\0';
}

bool pcifront_device(unsigned index, struct pci_address *host, struct pci_address *shown)
{
    char dev[XENBUS_PATH_MAX + 16], vdev[XENBUS_PATH_MAX + 16];
    const char *const paths[] = {dev, vdev};
    char *values[2];
    size_t lens[2];
    bool ok;

    ksnprintf(dev, sizeof(dev), "%s/dev-%u", pci_link.dev.backend, index);
    ksnprintf(vdev, sizeof(vdev), "%s/vdev-%u", pci_link.dev.backend, index);
    (void)xs_read_many(XS_NO_TX, paths, 2, values, lens);
    ok = parse_all(values[0], host) && parse_all(values[1], shown);
    kfree(values[0]);
    kfree(values[1]);
    return ok;
}
