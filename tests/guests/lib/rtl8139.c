/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Realtek RTL8139C in its native mode. Facts: RTL8139C(L) data sheet, rev. 1.4. */

#include "net.h"

#define R_IDR0    0x00
#define R_TSD0    0x10
#define R_TSAD0   0x20
#define R_RBSTART 0x30
#define R_CR      0x37
#define R_CAPR    0x38
#define R_CBR     0x3a
#define R_IMR     0x3c
#define R_ISR     0x3e
#define R_TCR     0x40
#define R_RCR     0x44

#define CR_EMPTY          0x01
#define CR_TE             0x04
#define CR_RE             0x08
#define CR_RST            0x10
#define ISR_ROK           0x0001
#define ISR_ALL           0xe07f
#define TSD_OWN           (1u << 13)
#define TSD_TOK           (1u << 15)
#define RCR_APM           (1u << 1)
#define RCR_AB            (1u << 3)
#define RCR_DMA_UNLIMITED (7u << 8)
#define RCR_64K           (3u << 11)
#define TCR_DMA_2048      (7u << 8)
#define TCR_IFG           (3u << 24)
#define RX_HEADER_ROK     1
#define CRC_LEN           4

#define RING       65536u
#define RING_SLACK (16 + 2048)
#define TX_COUNT   4
#define BUFFER     2048

struct rtl8139 {
    volatile uint8_t *ring;
    uint8_t *tx_buffers;
    uint32_t rx_offset;
    unsigned tx_next;
};

static bool rtl8139_send(struct nic *nic, const void *frame, uint32_t len)
{
    struct rtl8139 *r = nic->priv;
    unsigned i = r->tx_next;
    uint16_t tsd = (uint16_t)(nic->base + R_TSD0 + 4 * i);
    if (!wait_for(inl(tsd) & TSD_OWN, 1000))
        return false;
    memcpy(r->tx_buffers + i * BUFFER, frame, len);
    barrier();
    outl(tsd, len);
    r->tx_next = (i + 1) % TX_COUNT;
    return wait_for(inl(tsd) & TSD_TOK, 1000);
}

/* A frame lies in the ring behind a header of status and length (with CRC), and may wrap around. */
static uint32_t rtl8139_receive(struct nic *nic, void *buf)
{
    struct rtl8139 *r = nic->priv;
    uint16_t base = (uint16_t)nic->base;
    if (inb(base + R_CR) & CR_EMPTY)
        return 0;
    barrier();
    volatile uint8_t *h = r->ring + r->rx_offset;
    uint16_t status = (uint16_t)(h[0] | h[1] << 8);
    uint32_t len = h[2] | (uint32_t)h[3] << 8;
    if (!check((status & RX_HEADER_ROK) && len >= FRAME_MIN + CRC_LEN && len <= FRAME_MAX + CRC_LEN,
               "rtl8139: received header: status %04x length %u", status, len))
        test_failure("rtl8139: the receive ring is out of step");
    uint32_t begin = (r->rx_offset + 4) % RING, size = len - CRC_LEN;
    uint32_t whole = size < RING - begin ? size : RING - begin;
    memcpy(buf, (const uint8_t *)r->ring + begin, whole);
    memcpy((uint8_t *)buf + whole, (const uint8_t *)r->ring, size - whole);
    r->rx_offset = ((r->rx_offset + len + 4 + 3) & ~3u) % RING;
    outw(base + R_CAPR, (uint16_t)(r->rx_offset - 16));
    return len - CRC_LEN;
}

static void rtl8139_acknowledge(struct nic *nic)
{
    outw((uint16_t)(nic->base + R_ISR), ISR_ALL);
}

bool rtl8139_open(struct nic *nic, unsigned nth)
{
    struct pci_dev pci;
    if (!pci_find_id(0x10ec, 0x8139, nth, &pci))
        return false;
    pci_enable(&pci);
    struct rtl8139 *r = dma_alloc(sizeof(*r), 16);
    *nic = (struct nic){
        .model = "rtl8139",
        .irq = pci_read8(&pci, 0x3c),
        .base = pci_bar(&pci, 0),
        .send = rtl8139_send,
        .receive = rtl8139_receive,
        .acknowledge = rtl8139_acknowledge,
        .priv = r,
    };
    uint16_t base = (uint16_t)nic->base;
    outb(base + R_CR, CR_RST);
    check(wait_for(!(inb(base + R_CR) & CR_RST), 1000), "rtl8139: reset does not end");
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = inb((uint16_t)(base + R_IDR0 + i));
    r->ring = dma_alloc(RING + RING_SLACK, 16);
    r->tx_buffers = dma_alloc(TX_COUNT * BUFFER, 16);
    outb(base + R_CR, CR_TE | CR_RE);
    outl(base + R_RBSTART, (uintptr_t)r->ring);
    for (unsigned i = 0; i < TX_COUNT; i++)
        outl((uint16_t)(base + R_TSAD0 + 4 * i), (uintptr_t)r->tx_buffers + i * BUFFER);
    outl(base + R_TCR, TCR_IFG | TCR_DMA_2048);
    outl(base + R_RCR, RCR_APM | RCR_AB | RCR_DMA_UNLIMITED | RCR_64K);
    outw(base + R_CAPR, (uint16_t)(0 - 16));
    outw(base + R_IMR, ISR_ROK);
    return true;
}
