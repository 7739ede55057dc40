/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* QEMU's edu device: docs/specs/edu.txt of QEMU is its data sheet. */

#include "devices.h"

#define ID          0x00
#define LIVENESS    0x04
#define FACTORIAL   0x08
#define STATUS      0x20
#define STATUS_BUSY 0x01u
#define IRQ_STATUS  0x24
#define IRQ_RAISE   0x60
#define IRQ_ACK     0x64
#define DMA_SOURCE  0x80
#define DMA_TARGET  0x88
#define DMA_COUNT   0x90
#define DMA_COMMAND 0x98
#define DMA_RUN     0x01u
#define DMA_TO_RAM  0x02u
#define DMA_BUFFER  0x40000u

/* Half of the device's buffer: a transfer of all of it ends QEMU 7.2. */
#define DMA_BYTES 2048u

#define INTERRUPT_LINE 0x3c
#define CAP_MSI        0x05
#define MSI_CONTROL    2
#define MSI_ENABLE     0x01u
#define MSI_64         0x80u
#define MSI_LINE       11

static uint32_t bar;

static uint32_t get(uint32_t reg)
{
    return mmio_read32(bar + reg);
}

static void put(uint32_t reg, uint32_t v)
{
    mmio_write32(bar + reg, v);
}

static void memory(void)
{
    check((get(ID) & 0xffff) == 0x00ed, "edu: identification %08x", get(ID));
    put(LIVENESS, 0x12345678);
    check(get(LIVENESS) == ~0x12345678u, "edu: inverted %08x", get(LIVENESS));
    put(FACTORIAL, 10);
    check(wait_for(!(get(STATUS) & STATUS_BUSY), 2000), "edu: it never ends computing");
    check(get(FACTORIAL) == 3628800, "edu: 10! is %u", get(FACTORIAL));
}

static bool transfer(uint32_t from, uint32_t to, uint32_t command)
{
    put(DMA_SOURCE, from);
    put(DMA_SOURCE + 4, 0);
    put(DMA_TARGET, to);
    put(DMA_TARGET + 4, 0);
    put(DMA_COUNT, DMA_BYTES);
    put(DMA_COUNT + 4, 0);
    put(DMA_COMMAND, command | DMA_RUN);
    return wait_for(!(get(DMA_COMMAND) & DMA_RUN), 2000);
}

static void dma(void)
{
    uint8_t *out = dma_alloc(2 * DMA_BYTES, 4096), *in = dma_alloc(2 * DMA_BYTES, 4096);
    unsigned after = 0;
    for (uint32_t i = 0; i < 2 * DMA_BYTES; i++) {
        out[i] = (uint8_t)(i * 7 + (i >> 8));
        in[i] = 0xee;
    }
    check(transfer((uint32_t)(uintptr_t)out, DMA_BUFFER, 0), "edu: DMA from memory never ends");
    check(transfer(DMA_BUFFER, (uint32_t)(uintptr_t)in, DMA_TO_RAM),
          "edu: DMA to memory never ends");
    barrier();
    check(memcmp(out, in, DMA_BYTES) == 0, "edu: DMA brought other bytes");
    for (uint32_t i = DMA_BYTES; i < 2 * DMA_BYTES; i++)
        after += in[i] != 0xee;
    check(after == 0, "edu: DMA wrote %u bytes too many", after);
}

static void acknowledge(uint32_t expected)
{
    uint32_t status = get(IRQ_STATUS);
    check(status == expected, "edu: interrupt status %08x", status);
    put(IRQ_ACK, status);
    check(get(IRQ_STATUS) == 0, "edu: the interrupt stays");
}

/* The 8259's line that the firmware gave it. */
static void intx(const struct pci_dev *d)
{
    uint8_t line = pci_read8(d, INTERRUPT_LINE);
    if (!check(line > 2 && line < 16, "edu: interrupt line %u", line))
        return;
    uint32_t before = irq_arm(line);
    put(IRQ_RAISE, 0x1001);
    check(wait_for(irq_count(line) != before, 1000), "edu: no interrupt on line %u", line);
    acknowledge(0x1001);
    /* Quiet when acknowledged, and ready for another one. */
    before = irq_arm(line);
    time_sleep(50);
    check(irq_count(line) == before, "edu: line %u does not rest", line);
    put(IRQ_RAISE, 0x1002);
    check(wait_for(irq_count(line) != before, 1000), "edu: no second interrupt on line %u", line);
    acknowledge(0x1002);
    irq_disable(line);
}

static void msi(const struct pci_dev *d)
{
    uint8_t cap = pci_capability(d, CAP_MSI);
    if (!check(cap != 0, "edu: no MSI"))
        return;
    uint16_t control = pci_read16(d, (uint8_t)(cap + MSI_CONTROL));
    bool wide = control & MSI_64;
    pci_write32(d, (uint8_t)(cap + 4), msi_address());
    if (wide)
        pci_write32(d, (uint8_t)(cap + 8), 0);
    pci_write16(d, (uint8_t)(cap + (wide ? 12 : 8)), (uint16_t)msi_data(MSI_LINE));
    pci_write16(d, (uint8_t)(cap + MSI_CONTROL), (uint16_t)(control | MSI_ENABLE));
    check(pci_read16(d, (uint8_t)(cap + MSI_CONTROL)) & MSI_ENABLE, "edu: MSI is not enabled");
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t before = irq_count(MSI_LINE);
        put(IRQ_RAISE, 0x2000 + i);
        check(wait_for(irq_count(MSI_LINE) != before, 1000), "edu: no message %u", i);
        acknowledge(0x2000 + i);
        msi_done();
        time_sleep(20);
        check(irq_count(MSI_LINE) == before + 1, "edu: message %u came %u times", i,
              irq_count(MSI_LINE) - before);
    }
    pci_write16(d, (uint8_t)(cap + MSI_CONTROL), control);
}

void edu_test(const struct pci_dev *d)
{
    pci_enable(d);
    bar = pci_bar(d, 0);
    note("edu at %02x.%x: memory %08x", d->dev, d->fn, bar);
    memory();
    dma();
    intx(d);
    msi(d);
    note("edu: done");
}
