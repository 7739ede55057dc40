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

#include "guest.h"

const char test_name[] = "usb-tablet";
const char test_title[] = "UHCI controller and USB tablet";

#define USBCMD         0x00
#define USBSTS         0x02
#define USBINTR        0x04
#define FRNUM          0x06
#define FLBASE         0x08
#define PORTSC         0x10
#define CMD_RUN        0x0001
#define CMD_HCRESET    0x0002
#define CMD_CF         0x0040
#define CMD_MAXP       0x0080
#define STS_INT        0x0001
#define STS_HALTED     0x0020
#define PORT_CONNECTED 0x0001
#define PORT_ENABLED   0x0004
#define PORT_LOW_SPEED 0x0100
#define PORT_RESET     0x0200

#define TERMINATE     1u
#define LINK_QH       2u
#define LINK_DEPTH    4u
#define TD_ACTIVE     (1u << 23)
#define TD_STALLED    (1u << 22)
#define TD_NAK        (1u << 19)
#define TD_IOC        (1u << 24)
#define TD_ERRORS     (3u << 27)
#define TD_ERROR_BITS 0x007e0000u
#define PID_SETUP     0x2du
#define PID_IN        0x69u
#define PID_OUT       0xe1u
#define PACKET        8 /* smallest legal, good for endpoint 0 of every device here */

struct td {
    uint32_t link, status, token, buffer, own[4];
};

struct qh {
    uint32_t link, element, pad[2];
};

struct setup {
    uint8_t type, request;
    uint16_t value, index, length;
};

static uint16_t base;
static uint8_t irq;
static struct qh *qh;
static struct td *tds;
static struct setup *setup;
static uint8_t packet_size = PACKET;
static uint8_t device;
static uint32_t irqs;

static uint32_t address(const void *p)
{
    return (uint32_t)(uintptr_t)p;
}

static void fill(unsigned i, uint32_t pid, unsigned endpoint, unsigned toggle, void *buf,
                 uint32_t len)
{
    tds[i] = (struct td){
        .link = address(&tds[i + 1]) | LINK_DEPTH,
        .status = TD_ACTIVE | TD_ERRORS,
        .token = (len - 1) << 21 | toggle << 19 | endpoint << 15 | (uint32_t)device << 8 | pid,
        .buffer = address(buf),
    };
}

/* Runs n descriptors; true if all completed. */
static bool run(unsigned n, uint32_t ms)
{
    volatile struct td *last = &tds[n - 1];
    last->link = TERMINATE;
    last->status |= TD_IOC;
    outw(base + USBSTS, 0x3f);
    uint32_t before = irq_arm(irq);
    barrier();
    *(volatile uint32_t *)&qh->element = address(tds);
    bool done = wait_for(!(last->status & TD_ACTIVE), ms);
    if (done)
        (void)wait_for(inw(base + USBSTS) & STS_INT, 100); /* told at the end of the frame */
    irq_enable(irq);
    irq_window();
    irqs += irq_count(irq) - before;
    irq_disable(irq);
    outw(base + USBSTS, 0x3f);
    *(volatile uint32_t *)&qh->element = TERMINATE;
    barrier();
    return done && !(last->status & TD_ERROR_BITS);
}

static bool control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, void *buf,
                    uint16_t length)
{
    unsigned n = 0, toggle = 1;
    *setup = (struct setup){type, request, value, index, length};
    fill(n++, PID_SETUP, 0, 0, setup, sizeof(*setup));
    for (uint16_t at = 0; at < length; at = (uint16_t)(at + packet_size), toggle ^= 1) {
        uint32_t piece = length - at < packet_size ? (uint32_t)(length - at) : packet_size;
        fill(n++, PID_IN, 0, toggle, (uint8_t *)buf + at, piece);
    }
    /* The status packet runs against the data; length 0 is coded 0x7ff. */
    fill(n++, length ? PID_OUT : PID_IN, 0, 1, NULL, 0);
    return run(n, 3000);
}

static void open_controller(void)
{
    struct pci_dev pci;
    if (!pci_find_class(0x0c0300, 0xffffff, 0, &pci))
        test_skip("no UHCI controller");
    pci_enable(&pci);
    pci_write16(&pci, 0xc0, 0x2000); /* interrupts to PCI, no SMI for legacy keyboards */
    irq = pci_read8(&pci, 0x3c);
    base = (uint16_t)pci_bar(&pci, 4);
    outw(base + USBCMD, CMD_HCRESET);
    check(wait_for(!(inw(base + USBCMD) & CMD_HCRESET), 1000), "the controller does not reset");
    uint32_t *frames = dma_alloc(4096, 4096);
    qh = dma_alloc(sizeof(*qh), 16);
    tds = dma_alloc(40 * sizeof(*tds), 16);
    setup = dma_alloc(sizeof(*setup), 16);
    qh->link = TERMINATE;
    qh->element = TERMINATE;
    for (unsigned i = 0; i < 1024; i++)
        frames[i] = address(qh) | LINK_QH;
    outl(base + FLBASE, address(frames));
    outw(base + FRNUM, 0);
    outw(base + USBINTR, 0x0004); /* on completion */
    outw(base + USBCMD, CMD_RUN | CMD_CF | CMD_MAXP);
    check(wait_for(!(inw(base + USBSTS) & STS_HALTED), 1000), "the controller does not run");
}

static void reset_port(void)
{
    uint16_t reg = 0;
    for (unsigned i = 0; i < 2 && !reg; i++)
        if (inw((uint16_t)(base + PORTSC + 2 * i)) & PORT_CONNECTED)
            reg = (uint16_t)(base + PORTSC + 2 * i);
    if (!reg)
        test_failure("no device at either port");
    check(!(inw(reg) & PORT_LOW_SPEED), "a low-speed device");
    outw(reg, PORT_RESET);
    time_sleep(50);
    outw(reg, 0);
    time_sleep(10);
    outw(reg, PORT_ENABLED | 0x000a); /* and clear the change bits */
    check(wait_for(inw(reg) & PORT_ENABLED, 500), "the port cannot be enabled: %04x", inw(reg));
    time_sleep(20);
}

/* Walks the configuration: returns the interrupt endpoint's number, 0 if there is none. */
static unsigned hid_endpoint(const uint8_t *c, unsigned total, unsigned *report_len)
{
    unsigned endpoint = 0;
    bool hid = false;
    for (unsigned at = 0; at + 2 <= total && c[at]; at += c[at]) {
        if (c[at + 1] == 4)
            hid = c[at + 5] == 3;
        if (c[at + 1] == 0x21 && hid)
            *report_len = c[at + 7] | (unsigned)c[at + 8] << 8;
        if (c[at + 1] == 5 && hid && (c[at + 2] & 0x80) && (c[at + 3] & 3) == 3)
            endpoint = c[at + 2] & 15u;
    }
    return endpoint;
}

void test_main(void)
{
    uint8_t *buf = dma_alloc(512, 16);
    open_controller();
    reset_port();
    if (!check(control(0x80, 6, 0x0100, 0, buf, 8), "device descriptor, first part"))
        return;
    check(buf[0] == 18 && buf[1] == 1, "device descriptor: %02x %02x", buf[0], buf[1]);
    uint8_t max = buf[7];
    check(control(0x00, 5, 1, 0, NULL, 0), "SET ADDRESS");
    device = 1;
    time_sleep(10);
    packet_size = max;
    check(control(0x80, 6, 0x0100, 0, buf, 18), "device descriptor");
    note("device %02x%02x:%02x%02x, USB %x.%x, packets of %u bytes", buf[9], buf[8], buf[11],
         buf[10], buf[3], buf[2] >> 4, max);
    check(buf[17] == 1, "%u configurations", buf[17]);

    check(control(0x80, 6, 0x0200, 0, buf, 9), "configuration descriptor, first part");
    unsigned total = buf[2] | (unsigned)buf[3] << 8, report_len = 0;
    if (!check(total >= 34 && total <= 256, "configuration of %u bytes", total))
        return;
    check(control(0x80, 6, 0x0200, 0, buf, (uint16_t)total), "configuration descriptor");
    uint8_t configuration = buf[5];
    unsigned endpoint = hid_endpoint(buf, total, &report_len);
    check(endpoint, "no HID interface with an interrupt endpoint");
    check(control(0x00, 9, configuration, 0, NULL, 0), "SET CONFIGURATION");
    if (check(report_len >= 20 && report_len <= 256, "report descriptor of %u bytes", report_len)) {
        check(control(0x81, 6, 0x2200, 0, buf, (uint16_t)report_len), "report descriptor");
        check(buf[0] == 0x05 && buf[report_len - 1] == 0xc0, "report descriptor: %02x ... %02x",
              buf[0], buf[report_len - 1]);
    }
    fill(0, PID_IN, endpoint, 0, buf, 8);
    bool came = run(1, 100);
    check(!came && (tds[0].status & TD_NAK) && !(tds[0].status & TD_STALLED),
          "the idle tablet did not answer NAK: status %08x", tds[0].status);
    check(irqs > 0, "no interrupt on line %u", irq);
    outw(base + USBCMD, 0);
}
