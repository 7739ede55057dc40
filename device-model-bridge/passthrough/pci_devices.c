/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Which devices there are (pci_devices.h): what xenstore lists, and what is kept of each. */
#include "passthrough/pci_devices.h"

#include "core/log.h"
#include "core/memory.h"
#include "passthrough/pcifront.h"
#include "platform/platform.h"

/* So many different devices in the life of the domain; the toolstack takes none away from one. */
#define DEVICES_MAX (2 * PCIFRONT_DEVICES)

static struct list devices = LIST_INIT(devices);
static unsigned device_count;

struct listed {
    struct pci_address host, shown;
};

static struct pci_device *by_host(const struct pci_address *host)
{
    list_for_each(it, &devices)
    {
        struct pci_device *dev = container_of(it, struct pci_device, link);

        if (pci_address_equal(&dev->host, host))
            return dev;
    }
    return NULL;
}

static struct pci_device *new_device(const struct pci_address *host)
{
    struct pci_device *dev = device_count < DEVICES_MAX ? kzalloc(sizeof(*dev), MEM_BRIDGE) : NULL;

    if (dev == NULL) {
        log_error("pci: no room for device %04x:%02x:%02x.%x", PCI_ADDRESS_ARGS(host));
        return NULL;
    }
    device_count++;
    dev->host = *host;
    list_add_tail(&devices, &dev->link);
    return dev;
}

static void keep(const struct listed *l)
{
    struct pci_device *dev = by_host(&l->host);

    if (dev == NULL)
        dev = new_device(&l->host);
    if (dev == NULL)
        return;
    dev->shown = l->shown;
    dev->present = true;
}

static bool is_listed(const struct pci_device *dev, const struct listed *list, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (pci_address_equal(&list[i].host, &dev->host))
            return true;
    }
    return false;
}

/* All is read before anything is changed: nobody sees half a list. */
static void look(void)
{
    struct listed list[PCIFRONT_DEVICES];
    unsigned all = pcifront_devices(), n = 0;

    for (unsigned i = 0; i < all; i++) {
        if (pcifront_device(i, &list[n].host, &list[n].shown))
            n++;
    }
    list_for_each(it, &devices)
    {
        struct pci_device *dev = container_of(it, struct pci_device, link);

        if (!is_listed(dev, list, n))
            dev->present = dev->regions_known = false;
    }
    for (unsigned i = 0; i < n; i++)
        keep(&list[i]);
}

struct pci_device *pci_device_find(const struct pci_address *a)
{
    struct pci_device *dev;

    look();
    dev = by_host(a);
    if (dev != NULL && dev->present)
        return dev;
    list_for_each(it, &devices)
    {
        dev = container_of(it, struct pci_device, link);
        if (dev->present && pci_address_equal(&dev->shown, a))
            return dev;
    }
    return NULL;
}

int pci_device_regions(struct pci_device *dev)
{
    struct pci_region regions[PCI_REGIONS];
    int rc;

    if (dev->regions_known)
        return 0;
    rc = pci_regions_read(&dev->shown, regions);
    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < PCI_REGIONS; i++)
        dev->regions[i] = regions[i];
    dev->regions_known = dev->present;
    return 0;
}

static bool owns(const struct pci_device *dev, uint64_t start, uint64_t size)
{
    for (unsigned i = 0; i < PCI_REGIONS; i++) {
        const struct pci_region *r = &dev->regions[i];
        uint64_t first = r->start & ~PLAT_PAGE_MASK;
        uint64_t end = (r->start + r->size + PLAT_PAGE_MASK) & ~PLAT_PAGE_MASK;

        if ((r->flags & PCI_REGION_MEMORY) != 0 && start >= first && start < end &&
            size <= end - start)
            return true;
    }
    return false;
}

bool pci_devices_own(uint64_t start, uint64_t size)
{
    list_for_each(it, &devices)
    {
        const struct pci_device *dev = container_of(it, struct pci_device, link);

        if (dev->present && dev->regions_known && owns(dev, start, size))
            return true;
    }
    return false;
}
