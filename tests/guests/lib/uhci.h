/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * One device at a UHCI controller's root port. Facts: Universal Host Controller Interface design
 * guide 1.1, USB 2.0 chapter 9, HID 1.11.
 */
#ifndef UHCI_H
#define UHCI_H

#include "guest.h"

/* Bits of a transfer's status. */
#define UHCI_ACTIVE  (1u << 23) /* not completed */
#define UHCI_STALLED (1u << 22)
#define UHCI_NAK     (1u << 19)

/* Resets and starts the controller; false if there is none. */
bool uhci_open(void);
void uhci_close(void);

/* Resets the port that has a device, and the device with it; FAILURE if there is none. */
void uhci_reset_port(void);

/* Says which address the device has now, and its packets on endpoint 0. After the reset: 0, 8. */
void uhci_address(uint8_t device, uint8_t packet);

/* A control transfer, IN if it has a length; true when it was completed. */
bool uhci_control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, void *buf,
                  uint16_t length);

/*
 * Walks a configuration descriptor: the interrupt endpoint of its HID interface, 0 if there is
 * none, and the length of the interface's report descriptor.
 */
unsigned uhci_hid_endpoint(const uint8_t *configuration, unsigned total, unsigned *report_len);

/*
 * Leaves one IN transfer to the controller, which tries again as long as the device says NAK; and
 * how it stands.
 */
void uhci_post(unsigned endpoint, unsigned toggle, void *buf, uint32_t len);
uint32_t uhci_posted(void);

/* Interrupts at completed control transfers so far. */
uint32_t uhci_interrupts(void);

#endif
