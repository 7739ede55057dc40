/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * display_link.h - what the frontends of the PV framebuffer and the PV keyboard share: one page,
 * which the backend (dom0's QEMU) maps by its frame number, an event channel, and the states of
 * both ends
 * (<xen/io/fbif.h>, <xen/io/kbdif.h>).
 *
 * The page is made once and never freed: the backend writes to it, and nobody tells when it stops.
 */
#ifndef BRIDGE_DISPLAY_LINK_H
#define BRIDGE_DISPLAY_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"
#include "xenbus/xenbus.h"

struct display_link;

struct display_link_ops {
    /*
     * The backend waits for us: fill the page, write the device's own nodes. On the bus thread. 0,
     * or a negative errno (reported there): the device stays unconnected until the backend begins
     * anew.
     */
    int (*offer)(struct display_link *l);
    /* An event came, or the connection came or went. Must not sleep. */
    void (*event)(struct display_link *l);
};

struct display_link {
    struct xenbus_device dev;
    const struct display_link_ops *ops;
    const char *name; /* for messages: "vfb" */
    void *page;
    plat_port_t port;
    bool connected;    /* the backend looks at the page */
    bool broken;       /* its indexes are nonsense: nothing is believed or written any more */
    uint64_t nonsense; /* things it did that mean nothing, dropped */
};

/* Registers the driver of device/<type>. The structures stay for ever. 0 or -ENOMEM. */
int display_link_start(struct display_link *l, struct xenbus_driver *driver, const char *type,
                       const struct display_link_ops *ops);

/* The backend did what means nothing: counted, and said on the console the first time. */
void display_link_nonsense(struct display_link *l, const char *what);
/* The same, and nothing of this connection is believed any more. */
void display_link_broken(struct display_link *l, const char *what);

#endif
