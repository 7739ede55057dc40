/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * link_routes.h - the lines of the guest's PIC that its PCI interrupts are on.
 *
 * The guest writes them into four registers of the PIIX3 (Intel 82371SB, PIRQRC[A:D]), one for each
 * link, and QEMU tells Xen by XEN_DMOP_set_pci_link_route (<xen/hvm/dm_op.h>). QEMU 7.2 takes them
 * from the write. 10.0 reads all four back after any such write, but of the numbers that
 * Xen's machine gives to the pins of the PIIX3's own slot, which are four further: what it tells is
 * what happens to be in the registers behind. The guest's write is still in the page of I/O
 * requests (<xen/hvm/ioreq.h>) then, so the route is taken from there. A QEMU that reads the right
 * registers tells the same.
 */
#ifndef BRIDGE_LINK_ROUTES_H
#define BRIDGE_LINK_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

/* The program has mapped the requests of the guest's processors at va: one page of Xen's. */
void link_routes_requests_at(uintptr_t va);

/*
 * A route that QEMU is about to tell Xen: *isa_irq becomes that of the guest's write under way.
 * False when that write does not touch this link: what Xen knows of it stays. Without such a write
 * it is as QEMU says.
 */
bool link_routes_mend(uint8_t link, uint8_t *isa_irq);

#endif
