/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Connecting a PV framebuffer or keyboard: the shared page, the event channel and both states. */
#include "display/display_link.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"

static void on_event(plat_port_t port, void *arg)
{
    struct display_link *l = arg;

    (void)port;
    l->ops->event(l);
}

void display_link_nonsense(struct display_link *l, const char *what)
{
    if (l->nonsense++ == 0)
        log_warning("%s: the backend %s; ignored", l->name, what);
}

void display_link_broken(struct display_link *l, const char *what)
{
    if (l->broken)
        return;
    log_error("%s: the backend's %s index is out of range; its ring is not used any more", l->name,
              what);
    l->broken = true;
    l->ops->event(l);
}

/* The page and the port, once. */
static int acquire(struct display_link *l)
{
    int rc = 0;

    if (l->page == NULL)
        l->page = page_alloc_zeroed(MEM_BRIDGE);
    if (l->page == NULL)
        return -ENOMEM;
    if (l->port == 0) {
        rc = plat_evtchn_alloc(l->dev.backend_id, &l->port);
        if (rc == 0)
            plat_evtchn_handler(l->port, on_event, l);
    }
    return rc;
}

static int publish(struct display_link *l)
{
    int rc = acquire(l);

    if (rc == 0)
        rc = l->ops->offer(l);
    if (rc == 0)
        rc = xenbus_write(&l->dev, "page-ref", "%lu", (unsigned long)plat_page_gfn(l->page));
    if (rc == 0)
        rc = xenbus_write(&l->dev, "event-channel", "%u", l->port);
    if (rc == 0)
        rc = xenbus_set_state(&l->dev, XENBUS_INITIALISED);
    return rc;
}

static void went(struct display_link *l)
{
    if (l->connected)
        log_info("%s: the backend went away", l->name);
    l->connected = false;
    l->ops->event(l);
    if (l->port != 0)
        plat_evtchn_close(l->port);
    l->port = 0;
}

/*
 * Does the backend wait for us, for the first time or because it began anew? QEMU does, too, that
 * is told `-vga xenfb`: it sets up its ends, and then lays out their directories afresh, with a
 * state that it has left behind.
 */
static bool is_awaited(const struct display_link *l)
{
    const struct xenbus_device *dev = &l->dev;
    char *hotplug;
    bool set_up;

    if (dev->backend_state == XENBUS_INIT_WAIT)
        return l->connected || dev->state != XENBUS_INITIALISED;
    if (dev->backend_state != XENBUS_INITIALISING || l->connected ||
        dev->state == XENBUS_INITIALISED)
        return false;
    hotplug = xenbus_backend_text(dev, "hotplug-status");
    set_up = hotplug != NULL && strcmp(hotplug, "connected") == 0;
    kfree(hotplug);
    return set_up;
}

static void changed(struct xenbus_device *dev)
{
    struct display_link *l = container_of(dev, struct display_link, dev);
    enum xenbus_state backend = dev->backend_state;
    int rc;

    if (is_awaited(l)) {
        went(l);
        l->broken = false;
        rc = publish(l);
        if (rc < 0) {
            log_error("%s: cannot connect (%s)", l->name, errno_name(rc));
            (void)xenbus_set_state(dev, XENBUS_CLOSED);
        }
    } else if (backend == XENBUS_CONNECTED && dev->state == XENBUS_INITIALISED) {
        if (xenbus_set_state(dev, XENBUS_CONNECTED) == 0) {
            log_debug("%s: connected to %s", l->name, dev->backend);
            l->connected = true;
            l->ops->event(l);
        }
    } else if ((l->connected && backend != XENBUS_CONNECTED) ||
               (dev->state == XENBUS_INITIALISED &&
                (backend == XENBUS_CLOSING || backend == XENBUS_CLOSED))) {
        went(l);
        if (dev->present)
            (void)xenbus_set_state(dev, XENBUS_CLOSED);
    }
}

static void removed(struct xenbus_device *dev)
{
    went(container_of(dev, struct display_link, dev));
}

/* The first one only: a domain has one screen and one keyboard here. */
static struct xenbus_device *add(struct xenbus_driver *driver, uint32_t id)
{
    struct display_link *l = driver->arg;

    return id == 0 ? &l->dev : NULL;
}

int display_link_start(struct display_link *l, struct xenbus_driver *driver, const char *type,
                       const struct display_link_ops *ops)
{
    l->ops = ops;
    l->name = type;
    driver->type = type;
    driver->arg = l;
    driver->add = add;
    driver->changed = changed;
    driver->removed = removed;
    return xenbus_register(driver);
}
