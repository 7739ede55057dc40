/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

#include "ata.h"

#define R_DATA     0
#define R_ERROR    1
#define R_FEATURES 1
#define R_COUNT    2
#define R_LBA0     3
#define R_LBA1     4
#define R_LBA2     5
#define R_DEVICE   6
#define R_STATUS   7
#define R_COMMAND  7

#define DEVICE_LBA      0x40
#define DEVICE_OBSOLETE 0xa0
#define DEVICE_SLAVE    0x10

#define BM_COMMAND   0
#define BM_STATUS    2
#define BM_TABLE     4
#define BM_START     0x01
#define BM_TO_MEMORY 0x08
#define BM_ACTIVE    0x01
#define BM_ERROR     0x02
#define BM_IRQ       0x04

#define TIMEOUT_MS 30000 /* a back end may be slow; a hang is caught all the same */

static void select(const struct ata *a, uint8_t bits)
{
    outb(a->cmd + R_DEVICE, (uint8_t)(DEVICE_OBSOLETE | (a->unit ? DEVICE_SLAVE : 0) | bits));
    for (unsigned i = 0; i < 4; i++)
        (void)inb(a->ctl); /* 400 ns, says the standard */
}

static bool is_ext(uint8_t command)
{
    switch (command) {
    case ATA_READ_EXT:
    case ATA_READ_DMA_EXT:
    case ATA_READ_MULTIPLE_EXT:
    case ATA_WRITE_EXT:
    case ATA_WRITE_DMA_EXT:
    case ATA_FLUSH_EXT:
        return true;
    default:
        return false;
    }
}

/* Looks a few times (most commands are over at once), then idles until the device is not busy. */
static bool not_busy(struct ata *a)
{
    for (unsigned i = 0; i < 3; i++)
        if (!(inb(a->ctl) & ATA_SR_BSY))
            return true;
    irq_enable(a->irq); /* to be woken by it; a line is masked once it fired */
    return wait_for(!(inb(a->ctl) & ATA_SR_BSY), TIMEOUT_MS);
}

/* Lets a request that is there be counted. */
static void take_irq(const struct ata *a)
{
    irq_enable(a->irq);
    irq_window();
}

/* Reading the status register, not the alternate one, takes the interrupt request back. */
static void take_status(struct ata *a, uint32_t irqs_before)
{
    a->status = inb(a->cmd + R_STATUS);
    a->error = a->status & ATA_SR_ERR ? inb(a->cmd + R_ERROR) : 0;
    a->irqs = irq_count(a->irq) - irqs_before;
}

/* Sends the command; returns the interrupt count to compare with. */
static uint32_t issue(struct ata *a, uint8_t command, uint64_t lba, uint32_t count)
{
    bool ext = is_ext(command);
    if (a->atapi)
        select(a, 0);
    else
        select(a, (uint8_t)(DEVICE_LBA | (ext ? 0 : (lba >> 24) & 0x0f)));
    if (ext) {
        outb(a->cmd + R_COUNT, (uint8_t)(count >> 8));
        outb(a->cmd + R_LBA0, (uint8_t)(lba >> 24));
        outb(a->cmd + R_LBA1, (uint8_t)(lba >> 32));
        outb(a->cmd + R_LBA2, (uint8_t)(lba >> 40));
    }
    outb(a->cmd + R_COUNT, (uint8_t)count);
    outb(a->cmd + R_LBA0, (uint8_t)lba);
    outb(a->cmd + R_LBA1, (uint8_t)(lba >> 8));
    outb(a->cmd + R_LBA2, (uint8_t)(lba >> 16));
    uint32_t before = irq_arm(a->irq);
    outb(a->cmd + R_COMMAND, command);
    return before;
}

static bool good(const struct ata *a)
{
    return !(a->status & (ATA_SR_BSY | ATA_SR_ERR | ATA_SR_DF));
}

bool ata_command(struct ata *a, uint8_t command, uint64_t lba, uint32_t count)
{
    uint32_t before = issue(a, command, lba, count);
    bool ok = wait_for(irq_count(a->irq) != before, TIMEOUT_MS) && not_busy(a);
    take_status(a, before);
    irq_disable(a->irq);
    return ok && good(a);
}

bool ata_pio(struct ata *a, uint8_t command, uint64_t lba, uint32_t count, void *buf, bool write,
             unsigned block)
{
    uint32_t before = issue(a, command, lba, count);
    uint8_t *p = buf;
    while (count) {
        uint32_t n = count < block ? count : block;
        if (!not_busy(a))
            break;
        take_irq(a);
        take_status(a, before);
        if (!good(a) || !(a->status & ATA_SR_DRQ))
            break;
        if (write)
            outsw(a->cmd + R_DATA, p, n * SECTOR / 2);
        else
            insw(a->cmd + R_DATA, p, n * SECTOR / 2);
        p += n * SECTOR;
        count -= n;
    }
    bool ok = not_busy(a);
    take_irq(a);
    take_status(a, before);
    irq_disable(a->irq);
    return ok && count == 0 && good(a) && !(a->status & ATA_SR_DRQ);
}

static void bm_prepare(const struct ata *a, const struct prd *list, bool to_memory)
{
    outb(a->bm + BM_COMMAND, 0);
    outl(a->bm + BM_TABLE, (uint32_t)(uintptr_t)list);
    outb(a->bm + BM_STATUS, BM_IRQ | BM_ERROR); /* write one to clear */
    outb(a->bm + BM_COMMAND, to_memory ? BM_TO_MEMORY : 0);
}

/* Starts the engine, waits for the interrupt, stops it. */
static bool bm_run(struct ata *a, bool to_memory, uint32_t irqs_before)
{
    outb(a->bm + BM_COMMAND, (to_memory ? BM_TO_MEMORY : 0) | BM_START);
    bool ok = wait_for(irq_count(a->irq) != irqs_before, TIMEOUT_MS);
    uint8_t bm_status = inb(a->bm + BM_STATUS);
    outb(a->bm + BM_COMMAND, 0);
    outb(a->bm + BM_STATUS, BM_IRQ | BM_ERROR);
    take_status(a, irqs_before);
    irq_disable(a->irq);
    barrier();
    return ok && (bm_status & BM_IRQ) && !(bm_status & (BM_ERROR | BM_ACTIVE));
}

bool ata_dma(struct ata *a, uint8_t command, uint64_t lba, uint32_t count, const struct prd *list,
             bool write)
{
    bm_prepare(a, list, !write);
    uint32_t before = issue(a, command, lba, count);
    return bm_run(a, !write, before) && good(a) && !(a->status & ATA_SR_DRQ);
}

const struct prd *ata_prd(void *buf, uint32_t len)
{
    static struct prd *list;
    enum { ENTRIES = 64 };
    if (!list)
        list = dma_alloc(ENTRIES * sizeof(*list), 4096);
    uint32_t p = (uint32_t)(uintptr_t)buf;
    unsigned i = 0;
    while (len) {
        uint32_t n = 0x10000 - (p & 0xffff); /* an entry must not cross 64 KiB */
        if (n > len)
            n = len;
        if (i == ENTRIES)
            test_error("ata_prd: list too long");
        list[i].address = p;
        list[i].count = (uint16_t)n;
        list[i].flags = 0;
        i++;
        p += n;
        len -= n;
    }
    list[i - 1].flags = PRD_END;
    barrier();
    return list;
}

bool atapi_packet(struct ata *a, const uint8_t packet[12], void *buf, uint32_t len, bool dma,
                  uint32_t *got)
{
    uint32_t before = irq_count(a->irq);
    uint8_t *p = buf;
    uint32_t have = 0;
    bool ok;
    if (dma)
        bm_prepare(a, ata_prd(buf, len), true);
    select(a, 0);
    outb(a->cmd + R_FEATURES, dma ? 1 : 0);
    outb(a->cmd + R_LBA1, 0xfe); /* byte count limit per DRQ: 65534 */
    outb(a->cmd + R_LBA2, 0xff);
    outb(a->cmd + R_COMMAND, ATA_PACKET);
    if (!not_busy(a)) {
        take_status(a, before);
        return false;
    }
    take_status(a, before);
    if (!good(a) || !(a->status & ATA_SR_DRQ))
        return false;
    before = irq_arm(a->irq);
    outsw(a->cmd + R_DATA, packet, 6);
    if (dma) {
        ok = bm_run(a, true, before);
        have = len;
    } else {
        for (;;) {
            ok = not_busy(a);
            take_irq(a);
            take_status(a, before);
            if (!ok || !good(a) || !(a->status & ATA_SR_DRQ))
                break;
            uint32_t n = inb(a->cmd + R_LBA1) | (uint32_t)inb(a->cmd + R_LBA2) << 8;
            if (n == 0 || n > len - have) {
                ok = false;
                break;
            }
            insw(a->cmd + R_DATA, p + have, (n + 1) / 2);
            have += n;
        }
        irq_disable(a->irq);
    }
    if (got)
        *got = have;
    return ok && good(a);
}

/* Fetches the identify block; an ATAPI device answers IDENTIFY DEVICE with its signature. */
static bool identify(struct ata *a)
{
    select(a, 0);
    uint8_t status = inb(a->cmd + R_STATUS);
    if (status == 0xff)
        return false;
    outb(a->cmd + R_LBA1, 0);
    outb(a->cmd + R_LBA2, 0);
    outb(a->cmd + R_COMMAND, ATA_IDENTIFY);
    if (inb(a->ctl) == 0 || !not_busy(a))
        return false;
    uint8_t lba1 = inb(a->cmd + R_LBA1), lba2 = inb(a->cmd + R_LBA2);
    status = inb(a->cmd + R_STATUS);
    if (lba1 == 0x14 && lba2 == 0xeb) {
        a->atapi = true;
        outb(a->cmd + R_COMMAND, ATAPI_IDENTIFY);
        if (!not_busy(a))
            return false;
        status = inb(a->cmd + R_STATUS);
    }
    if (!(status & ATA_SR_DRQ) || (status & ATA_SR_ERR))
        return false;
    insw(a->cmd + R_DATA, a->id, 256);
    (void)inb(a->cmd + R_STATUS);
    return true;
}

bool ata_open(struct ata *a, unsigned channel, unsigned unit)
{
    struct pci_dev ide;
    *a = (struct ata){
        .cmd = channel ? 0x170 : 0x1f0,
        .ctl = channel ? 0x376 : 0x3f6,
        .irq = channel ? 15 : 14,
        .unit = (uint8_t)unit,
    };
    if (pci_find_class(0x010180, 0xffff80, 0, &ide)) {
        pci_enable(&ide);
        uint32_t bar = pci_bar(&ide, 4);
        a->bm = bar ? (uint16_t)(bar + 8 * channel) : 0;
    }
    outb(a->ctl, 0); /* interrupts on */
    if (!identify(a))
        return false;
    for (unsigned i = 0; i < 20; i++) {
        a->model[2 * i] = (char)(a->id[27 + i] >> 8);
        a->model[2 * i + 1] = (char)a->id[27 + i];
    }
    for (unsigned i = 40; i && (a->model[i] == ' ' || a->model[i] == 0); i--)
        a->model[i] = 0;
    a->sectors = a->id[60] | (uint32_t)a->id[61] << 16;
    if (a->id[83] & 0x0400)
        a->sectors = a->id[100] | (uint64_t)a->id[101] << 16 | (uint64_t)a->id[102] << 32;
    return true;
}

void ata_need(struct ata *a, unsigned channel, unsigned unit, bool atapi)
{
    if (!ata_open(a, channel, unit))
        test_error("no device on channel %u unit %u", channel, unit);
    if (a->atapi != atapi)
        test_error("channel %u unit %u: wrong kind of device: %s", channel, unit, a->model);
}
