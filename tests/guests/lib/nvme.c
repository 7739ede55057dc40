/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* An NVMe controller's admin queue and MSI-X table: NVM Express 1.4; PCI 3.0, 6.8.2. */

#include "devices.h"

#define VERSION       0x08
#define CONFIG        0x14
#define CONFIG_ENABLE 0x00460001u /* entries of 64 and 16 bytes */
#define STATUS        0x1c
#define STATUS_READY  0x01u
#define QUEUE_SIZES   0x24
#define SUBMIT_BASE   0x28
#define COMPLETE_BASE 0x30
#define SUBMIT_TAIL   0x1000
#define COMPLETE_HEAD 0x1004
#define IDENTIFY      0x06u
#define IDENTIFY_CTRL 0x01u
#define ENTRIES       16u
#define PHASE         0x10000u
#define VENDOR_REDHAT 0x1b36u

#define CAP_MSIX     0x11
#define MSIX_CONTROL 2
#define MSIX_TABLE   4
#define MSIX_ENABLE  0x8000u
#define MSIX_LINE    14
#define ENTRY_DATA   8
#define ENTRY_MASK   12

static uint32_t bar, table;
static volatile uint32_t *submit, *complete, *buffer;

static uint32_t get(uint32_t reg)
{
    return mmio_read32(bar + reg);
}

static void put(uint32_t reg, uint32_t v)
{
    mmio_write32(bar + reg, v);
}

static void put_address(uint32_t reg, volatile void *p)
{
    put(reg, (uint32_t)(uintptr_t)p);
    put(reg + 4, 0);
}

/* Before the controller is enabled: QEMU 7.2 gives a queue no interrupt otherwise. */
static bool enable_messages(const struct pci_dev *d)
{
    uint8_t cap = pci_capability(d, CAP_MSIX);
    if (!check(cap != 0, "nvme: no MSI-X"))
        return false;
    uint32_t where = pci_read32(d, (uint8_t)(cap + MSIX_TABLE));
    uint16_t control = pci_read16(d, (uint8_t)(cap + MSIX_CONTROL));
    table = pci_bar(d, where & 7) + (where & ~7u);
    pci_write16(d, (uint8_t)(cap + MSIX_CONTROL), (uint16_t)(control | MSIX_ENABLE));
    check(pci_read16(d, (uint8_t)(cap + MSIX_CONTROL)) & MSIX_ENABLE, "nvme: MSI-X is not enabled");
    mmio_write32(table, msi_address());
    mmio_write32(table + 4, 0);
    mmio_write32(table + ENTRY_DATA, msi_data(MSIX_LINE));
    mmio_write32(table + ENTRY_MASK, 0);
    check(mmio_read32(table + ENTRY_DATA) == msi_data(MSIX_LINE), "nvme: the table reads %08x",
          mmio_read32(table + ENTRY_DATA));
    return true;
}

static bool start(void)
{
    put(CONFIG, 0);
    if (!check(wait_for(!(get(STATUS) & STATUS_READY), 2000), "nvme: it does not stop"))
        return false;
    put(QUEUE_SIZES, (ENTRIES - 1) << 16 | (ENTRIES - 1));
    put_address(SUBMIT_BASE, submit);
    put_address(COMPLETE_BASE, complete);
    put(CONFIG, CONFIG_ENABLE);
    return check(wait_for(get(STATUS) & STATUS_READY, 2000), "nvme: status %08x", get(STATUS));
}

/* The nth command, identify controller; true when its answer is in memory. */
static bool identify(unsigned nth)
{
    volatile uint32_t *command = submit + 16 * nth, *answer = complete + 4 * nth;
    for (unsigned i = 0; i < 1024; i++)
        buffer[i] = 0;
    for (unsigned i = 0; i < 16; i++)
        command[i] = 0;
    command[0] = IDENTIFY | (0x70 + nth) << 16;
    command[6] = (uint32_t)(uintptr_t)buffer;
    command[10] = IDENTIFY_CTRL;
    barrier();
    put(SUBMIT_TAIL, nth + 1);
    if (!check(wait_for(answer[3] & PHASE, 2000), "nvme: command %u is not answered", nth))
        return false;
    check((answer[3] & 0xffff) == 0x70 + nth && answer[3] >> 17 == 0,
          "nvme: command %u answered %08x", nth, answer[3]);
    check((buffer[0] & 0xffff) == VENDOR_REDHAT, "nvme: command %u brought vendor %04x", nth,
          buffer[0] & 0xffff);
    put(COMPLETE_HEAD, nth + 1);
    return true;
}

void nvme_test(const struct pci_dev *d)
{
    pci_enable(d);
    bar = pci_bar(d, 0);
    note("nvme at %02x.%x: memory %08x", d->dev, d->fn, bar);
    uint32_t version = get(VERSION);
    check(version >= 0x10000 && version < 0x30000, "nvme: version %08x", version);
    submit = dma_alloc(4096, 4096);
    complete = dma_alloc(4096, 4096);
    buffer = dma_alloc(4096, 4096);
    if (!enable_messages(d) || !start())
        return;

    uint32_t before = irq_count(MSIX_LINE);
    if (!identify(0))
        return;
    check(wait_for(irq_count(MSIX_LINE) != before, 1000), "nvme: no message");
    msi_done();

    /* Masked: the answer comes, the message waits until the mask goes. */
    mmio_write32(table + ENTRY_MASK, 1);
    before = irq_count(MSIX_LINE);
    if (!identify(1))
        return;
    time_sleep(50);
    check(irq_count(MSIX_LINE) == before, "nvme: a masked message came");
    mmio_write32(table + ENTRY_MASK, 0);
    check(wait_for(irq_count(MSIX_LINE) != before, 1000), "nvme: the message that waited is lost");
    msi_done();
    time_sleep(50);
    check(irq_count(MSIX_LINE) == before + 1, "nvme: it came %u times",
          irq_count(MSIX_LINE) - before);
    put(CONFIG, 0);
    check(wait_for(!(get(STATUS) & STATUS_READY), 2000), "nvme: it does not stop again");
    note("nvme: done");
}
