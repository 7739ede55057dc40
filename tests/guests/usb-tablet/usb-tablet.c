/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * usb-tablet: a USB tablet at the UHCI controller (usb = 1, usbdevice = "tablet") enumerates.
 *
 *  - the port shows a connected full-speed device and resets
 *  - control transfers: device descriptor, SET ADDRESS, configuration descriptor (one HID interface
 *    with an interrupt endpoint), SET CONFIGURATION, HID report descriptor
 *  - the interrupt endpoint answers NAK while nobody moves the pointer
 *  - the controller raises its interrupt at a completed transfer
 * Facts: Universal Host Controller Interface design guide 1.1, USB 2.0 chapter 9, HID 1.11.
 */

#include "uhci.h"

const char test_name[] = "usb-tablet";
const char test_title[] = "UHCI controller and USB tablet";

void test_main(void)
{
    uint8_t *buf = dma_alloc(512, 16);
    if (!uhci_open())
        test_skip("no UHCI controller");
    uhci_reset_port();
    if (!check(uhci_control(0x80, 6, 0x0100, 0, buf, 8), "device descriptor, first part"))
        return;
    check(buf[0] == 18 && buf[1] == 1, "device descriptor: %02x %02x", buf[0], buf[1]);
    uint8_t max = buf[7];
    check(uhci_control(0x00, 5, 1, 0, NULL, 0), "SET ADDRESS");
    uhci_address(1, max);
    time_sleep(10);
    check(uhci_control(0x80, 6, 0x0100, 0, buf, 18), "device descriptor");
    note("device %02x%02x:%02x%02x, USB %x.%x, packets of %u bytes", buf[9], buf[8], buf[11],
         buf[10], buf[3], buf[2] >> 4, max);
    check(buf[17] == 1, "%u configurations", buf[17]);

    check(uhci_control(0x80, 6, 0x0200, 0, buf, 9), "configuration descriptor, first part");
    unsigned total = buf[2] | (unsigned)buf[3] << 8, report_len = 0;
    if (!check(total >= 34 && total <= 256, "configuration of %u bytes", total))
        return;
    check(uhci_control(0x80, 6, 0x0200, 0, buf, (uint16_t)total), "configuration descriptor");
    uint8_t configuration = buf[5];
    unsigned endpoint = uhci_hid_endpoint(buf, total, &report_len);
    check(endpoint, "no HID interface with an interrupt endpoint");
    check(uhci_control(0x00, 9, configuration, 0, NULL, 0), "SET CONFIGURATION");
    if (check(report_len >= 20 && report_len <= 256, "report descriptor of %u bytes", report_len)) {
        check(uhci_control(0x81, 6, 0x2200, 0, buf, (uint16_t)report_len), "report descriptor");
        check(buf[0] == 0x05 && buf[report_len - 1] == 0xc0, "report descriptor: %02x ... %02x",
              buf[0], buf[report_len - 1]);
    }
    uhci_post(endpoint, 0, buf, 8);
    time_sleep(100);
    uint32_t status = uhci_posted();
    check((status & UHCI_ACTIVE) && (status & UHCI_NAK) && !(status & UHCI_STALLED),
          "the idle tablet did not answer NAK: status %08x", status);
    check(uhci_interrupts() > 0, "no interrupt");
    uhci_close();
}
