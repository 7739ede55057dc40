/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * Intel 82540EM. Facts: Intel, PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual (317453), chapters 3, 13 and 14.
 */

#include "net.h"

#define R_CTRL   0x0000
#define R_STATUS 0x0008
#define R_EERD   0x0014
#define R_ICR    0x00c0
#define R_IMS    0x00d0
#define R_IMC    0x00d8
#define R_RCTL   0x0100
#define R_TCTL   0x0400
#define R_TIPG   0x0410
#define R_RDBAL  0x2800
#define R_RDBAH  0x2804
#define R_RDLEN  0x2808
#define R_RDH    0x2810
#define R_RDT    0x2818
#define R_TDBAL  0x3800
#define R_TDBAH  0x3804
#define R_TDLEN  0x3808
#define R_TDH    0x3810
#define R_TDT    0x3818
#define R_MTA    0x5200
#define R_RAL0   0x5400
#define R_RAH0   0x5404

#define CTRL_SLU   (1u << 6)
#define CTRL_RST   (1u << 26)
#define STATUS_LU  2u
#define EERD_START 1u
#define EERD_DONE  (1u << 4)
#define RCTL_EN    (1u << 1)
#define RCTL_BAM   (1u << 15)
#define RCTL_SECRC (1u << 26)
#define TCTL_EN    (1u << 1)
#define TCTL_PSP   (1u << 3)
#define INT_RXT0   (1u << 7)
#define TX_EOP     1
#define TX_IFCS    2
#define TX_RS      8
#define DESC_DONE  1
#define RX_EOP     2

#define RX_COUNT      64
#define TX_COUNT      32
#define BUFFER        2048
#define GIVEN_AT_ONCE 32 /* receive buffers, when many frames come */

struct rx_desc {
    uint64_t address;
    uint16_t length, checksum;
    uint8_t status, errors;
    uint16_t special;
};

struct tx_desc {
    uint64_t address;
    uint16_t length;
    uint8_t cso, cmd, status, css;
    uint16_t special;
};

struct e1000 {
    volatile struct rx_desc *rx;
    volatile struct tx_desc *tx;
    uint8_t *rx_buffers, *tx_buffers;
    unsigned rx_count, rx_next, tx_next;
};

static uint16_t eeprom(const struct nic *nic, uint32_t word)
{
    mmio_write32(nic->base + R_EERD, word << 8 | EERD_START);
    if (!wait_for(mmio_read32(nic->base + R_EERD) & EERD_DONE, 100))
        test_failure("e1000: the EEPROM does not answer");
    return (uint16_t)(mmio_read32(nic->base + R_EERD) >> 16);
}

static bool e1000_send(struct nic *nic, const void *frame, uint32_t len)
{
    struct e1000 *e = nic->priv;
    unsigned i = e->tx_next;
    volatile struct tx_desc *d = &e->tx[i];
    if (!wait_for(d->status & DESC_DONE, 1000))
        return false;
    memcpy(e->tx_buffers + i * BUFFER, frame, len);
    d->length = (uint16_t)len;
    d->cso = 0;
    d->cmd = TX_EOP | TX_IFCS | TX_RS;
    d->status = 0;
    barrier();
    e->tx_next = (i + 1) % TX_COUNT;
    mmio_write32(nic->base + R_TDT, e->tx_next);
    return true;
}

bool e1000_repeat(struct nic *nic, const void *frame, uint32_t len, unsigned count)
{
    struct e1000 *e = nic->priv;
    unsigned last = (e->tx_next + count - 1) % TX_COUNT;
    if (count > TX_COUNT - 1)
        test_error("e1000: %u frames at once, %u is the most", count, TX_COUNT - 1);
    for (unsigned k = 0; k < count; k++) {
        unsigned i = (e->tx_next + k) % TX_COUNT;
        if (frame)
            memcpy(e->tx_buffers + i * BUFFER, frame, len);
        e->tx[i].length = (uint16_t)len;
        e->tx[i].cso = 0;
        e->tx[i].cmd = TX_EOP | TX_IFCS | TX_RS;
        e->tx[i].status = 0;
    }
    barrier();
    e->tx_next = (last + 1) % TX_COUNT;
    mmio_write32(nic->base + R_TDT, e->tx_next);
    return wait_for(e->tx[last].status & DESC_DONE, 1000);
}

void e1000_receive_many(struct nic *nic, unsigned count)
{
    struct e1000 *e = nic->priv;
    mmio_write32(nic->base + R_RCTL, 0);
    e->rx_count = count;
    e->rx_next = 0;
    e->rx = dma_alloc(count * sizeof(*e->rx), 128);
    e->rx_buffers = dma_alloc(count * BUFFER, 16);
    for (unsigned i = 0; i < count; i++)
        e->rx[i].address = (uintptr_t)e->rx_buffers + i * BUFFER;
    mmio_write32(nic->base + R_RDBAL, (uintptr_t)e->rx);
    mmio_write32(nic->base + R_RDLEN, count * sizeof(*e->rx));
    mmio_write32(nic->base + R_RDH, 0);
    mmio_write32(nic->base + R_RDT, count - 1);
    mmio_write32(nic->base + R_RCTL, RCTL_EN | RCTL_BAM | RCTL_SECRC);
}

unsigned e1000_take(struct nic *nic, bool (*wanted)(const uint8_t *frame, uint32_t len))
{
    struct e1000 *e = nic->priv;
    unsigned frames = 0, given = 0;
    while (e->rx[e->rx_next].status & DESC_DONE) {
        volatile struct rx_desc *d = &e->rx[e->rx_next];
        barrier();
        frames += wanted(e->rx_buffers + e->rx_next * BUFFER, d->length);
        d->status = 0;
        e->rx_next = (e->rx_next + 1) % e->rx_count;
        if (++given % GIVEN_AT_ONCE == 0)
            mmio_write32(nic->base + R_RDT, (e->rx_next + e->rx_count - 1) % e->rx_count);
    }
    if (given % GIVEN_AT_ONCE != 0)
        mmio_write32(nic->base + R_RDT, (e->rx_next + e->rx_count - 1) % e->rx_count);
    return frames;
}

static uint32_t e1000_receive(struct nic *nic, void *buf)
{
    struct e1000 *e = nic->priv;
    unsigned i = e->rx_next;
    volatile struct rx_desc *d = &e->rx[i];
    if (!(d->status & DESC_DONE))
        return 0;
    barrier();
    uint32_t len = d->length;
    check((d->status & RX_EOP) && d->errors == 0 && len <= FRAME_MAX,
          "e1000: received descriptor: status %02x errors %02x length %u", d->status, d->errors,
          len);
    if (len > FRAME_MAX)
        len = FRAME_MAX;
    memcpy(buf, e->rx_buffers + i * BUFFER, len);
    d->status = 0;
    barrier();
    e->rx_next = (i + 1) % e->rx_count;
    mmio_write32(nic->base + R_RDT, i); /* this one may be filled again */
    return len;
}

static void e1000_acknowledge(struct nic *nic)
{
    (void)mmio_read32(nic->base + R_ICR);
}

bool e1000_open(struct nic *nic, unsigned nth)
{
    struct pci_dev pci;
    if (!pci_find_id(0x8086, 0x100e, nth, &pci))
        return false;
    pci_enable(&pci);
    struct e1000 *e = dma_alloc(sizeof(*e), 16);
    *nic = (struct nic){
        .model = "e1000",
        .irq = pci_read8(&pci, 0x3c),
        .base = pci_bar(&pci, 0),
        .send = e1000_send,
        .receive = e1000_receive,
        .acknowledge = e1000_acknowledge,
        .priv = e,
    };
    mmio_write32(nic->base + R_CTRL, CTRL_RST);
    time_sleep(10);
    mmio_write32(nic->base + R_IMC, 0xffffffff);
    mmio_write32(nic->base + R_CTRL, mmio_read32(nic->base + R_CTRL) | CTRL_SLU);
    for (uint32_t i = 0; i < 3; i++) {
        uint16_t w = eeprom(nic, i);
        nic->mac[2 * i] = (uint8_t)w;
        nic->mac[2 * i + 1] = (uint8_t)(w >> 8);
    }
    uint32_t ral = mmio_read32(nic->base + R_RAL0), rah = mmio_read32(nic->base + R_RAH0);
    check(memcmp(nic->mac, &ral, 4) == 0 && memcmp(nic->mac + 4, &rah, 2) == 0,
          "e1000: receive address %08x %08x differs from the EEPROM", ral, rah);

    e->rx_count = RX_COUNT;
    e->rx = dma_alloc(RX_COUNT * sizeof(*e->rx), 128);
    e->tx = dma_alloc(TX_COUNT * sizeof(*e->tx), 128);
    e->rx_buffers = dma_alloc(RX_COUNT * BUFFER, 16);
    e->tx_buffers = dma_alloc(TX_COUNT * BUFFER, 16);
    for (unsigned i = 0; i < RX_COUNT; i++)
        e->rx[i].address = (uintptr_t)e->rx_buffers + i * BUFFER;
    for (unsigned i = 0; i < TX_COUNT; i++) {
        e->tx[i].address = (uintptr_t)e->tx_buffers + i * BUFFER;
        e->tx[i].status = DESC_DONE;
    }
    mmio_write32(nic->base + R_RDBAL, (uintptr_t)e->rx);
    mmio_write32(nic->base + R_RDBAH, 0);
    mmio_write32(nic->base + R_RDLEN, RX_COUNT * sizeof(*e->rx));
    mmio_write32(nic->base + R_RDH, 0);
    mmio_write32(nic->base + R_RDT, RX_COUNT - 1);
    mmio_write32(nic->base + R_TDBAL, (uintptr_t)e->tx);
    mmio_write32(nic->base + R_TDBAH, 0);
    mmio_write32(nic->base + R_TDLEN, TX_COUNT * sizeof(*e->tx));
    mmio_write32(nic->base + R_TDH, 0);
    mmio_write32(nic->base + R_TDT, 0);
    mmio_write32(nic->base + R_TIPG, 10 | 8 << 10 | 6 << 20);
    mmio_write32(nic->base + R_TCTL, TCTL_EN | TCTL_PSP | 15 << 4 | 64 << 12);
    mmio_write32(nic->base + R_RCTL, RCTL_EN | RCTL_BAM | RCTL_SECRC);
    mmio_write32(nic->base + R_IMS, INT_RXT0);
    check(wait_for(mmio_read32(nic->base + R_STATUS) & STATUS_LU, 5000), "e1000: no link");
    return true;
}
