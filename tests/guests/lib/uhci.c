/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

#include "uhci.h"

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
        .status = UHCI_ACTIVE | TD_ERRORS,
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
    bool done = wait_for(!(last->status & UHCI_ACTIVE), ms);
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

bool uhci_control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, void *buf,
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

bool uhci_open(void)
{
    struct pci_dev pci;
    if (!pci_find_class(0x0c0300, 0xffffff, 0, &pci))
        return false;
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
    return true;
}

void uhci_close(void)
{
    outw(base + USBCMD, 0);
}

void uhci_address(uint8_t address_, uint8_t packet)
{
    device = address_;
    packet_size = packet;
}

uint32_t uhci_interrupts(void)
{
    return irqs;
}

void uhci_post(unsigned endpoint, unsigned toggle, void *buf, uint32_t len)
{
    fill(0, PID_IN, endpoint, toggle, buf, len);
    tds[0].link = TERMINATE;
    barrier();
    *(volatile uint32_t *)&qh->element = address(tds);
}

uint32_t uhci_posted(void)
{
    return ((volatile struct td *)tds)->status;
}

void uhci_reset_port(void)
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

unsigned uhci_hid_endpoint(const uint8_t *c, unsigned total, unsigned *report_len)
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
