/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Routes of PCI interrupts as the guest has written them (link_routes.h). */
#include "dev-xen/link_routes.h"

#include "linux/uaccess.h"
#include "platform/platform.h"

#include <xen/xen.h>

#include <xen/hvm/ioreq.h>

/* Device 1, function 0 of bus 0 in Xen's machine, as in bits 63 to 32 of a request's address. */
#define PIIX3_SBDF 0x08u
#define PIRQRCA    0x60u
#define LINKS      4u

#define ROUTE_DISABLED 0x80u
#define ROUTE_IRQ      0x0fu

/* The page; 0 before there is one. Owner: the program's one mapping of its ioreq server. */
static uintptr_t requests;

void link_routes_requests_at(uintptr_t va)
{
    requests = va;
}

/* The write of routes that QEMU is carrying out: it does so with one request at a time. */
static bool write_under_way(struct ioreq *found)
{
    if (requests == 0)
        return false;
    for (size_t at = 0; at + sizeof(*found) <= PLAT_PAGE_SIZE; at += sizeof(*found)) {
        if (copy_from_user(found, requests + at, sizeof(*found)) < 0)
            return false;
        if (found->state == STATE_IOREQ_INPROCESS)
            return found->type == IOREQ_TYPE_PCI_CONFIG && found->dir == IOREQ_WRITE &&
                   found->data_is_ptr == 0 && found->addr >> 32 == PIIX3_SBDF;
    }
    return false;
}

bool link_routes_mend(uint8_t link, uint8_t *isa_irq)
{
    struct ioreq write;
    uint64_t first, reg;
    uint8_t route;

    if (link >= LINKS || !write_under_way(&write))
        return true;
    first = (uint32_t)write.addr;
    if (write.size > sizeof(write.data) || first + write.size <= PIRQRCA ||
        first >= PIRQRCA + LINKS)
        return true;
    reg = PIRQRCA + link;
    if (reg < first || reg >= first + write.size)
        return false;
    route = (uint8_t)(write.data >> 8 * (reg - first));
    *isa_irq = (route & ROUTE_DISABLED) != 0 ? 0 : route & ROUTE_IRQ;
    return true;
}
