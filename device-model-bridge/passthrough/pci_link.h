/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* pci_link.h - private to the frontend: the connection, which its states make and accesses use. */
#ifndef BRIDGE_PCI_LINK_H
#define BRIDGE_PCI_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/thread.h"
#include "platform/platform.h"
#include "xenbus/granted.h"
#include "xenbus/xenbus.h"

#include <xen/io/pciif.h>

struct pci_link {
    struct xenbus_device dev;
    struct granted_pages page; /* struct xen_pci_sharedinfo; none while there is no connection */
    plat_port_t port;
    struct waitq wait;    /* an event came, the connection ended, or an access did */
    uint32_t connections; /* ended so far: a waiter sees that its own is not there any more */
    bool busy;            /* an access is under way */
    bool overdue_told;    /* for this connection */
};

_Static_assert(sizeof(struct xen_pci_sharedinfo) <= PLAT_PAGE_SIZE, "one page is shared");

extern struct pci_link pci_link;

#endif
