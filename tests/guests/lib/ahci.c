/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

#include "ahci.h"

#define GHC           0x04
#define GHC_AE        (1u << 31)
#define GHC_IE        2u
#define HBA_IS        0x08
#define PI            0x0c
#define PORT(n)       (0x100u + 0x80u * (n))
#define PX_CLB        0x00
#define PX_CLBU       0x04
#define PX_FB         0x08
#define PX_FBU        0x0c
#define PX_IS         0x10
#define PX_IE         0x14
#define PX_CMD        0x18
#define PX_TFD        0x20
#define PX_SSTS       0x28
#define PX_SERR       0x30
#define PX_SACT       0x34
#define PX_CI         0x38
#define CMD_ST        1u
#define CMD_FRE       (1u << 4)
#define CMD_FR        (1u << 14)
#define CMD_CR        (1u << 15)
#define IS_DHRS       1u
#define IS_SDBS       8u
#define IS_TFES       (1u << 30)
#define HEADER_WRITE  (1u << 6)
#define HEADER_LENGTH 5 /* of the command, in double words */
#define FIS_H2D       0x27
#define FIS_COMMAND   0x80
#define DEVICE_LBA    0x40

#define TIMEOUT_MS 30000

struct header {
    uint32_t flags, bytes, table, table_high, reserved[4];
};

struct prdt {
    uint32_t address, high, reserved, count;
};

struct table {
    uint8_t fis[64], atapi[64];
    struct prdt prdt[24];
};

#define PORTS 32

static uint32_t hba; /* address of the controller's registers */
static struct {
    uint32_t registers; /* address */
    struct header *headers;
    struct table *tables;
} ports[PORTS];
static unsigned port_count;
/* Of the port in use. */
static uint32_t port;
static struct header *headers;
static struct table *tables;
static uint8_t irq;
static uint32_t irqs;

static uint32_t get(uint32_t reg)
{
    return mmio_read32(port + reg);
}

static void put(uint32_t reg, uint32_t v)
{
    mmio_write32(port + reg, v);
}

static void stop(void)
{
    put(PX_CMD, get(PX_CMD) & ~CMD_ST);
    bool ok = wait_for(!(get(PX_CMD) & CMD_CR), 1000);
    put(PX_CMD, get(PX_CMD) & ~CMD_FRE);
    check(ok && wait_for(!(get(PX_CMD) & CMD_FR), 1000), "the port does not stop: %x", get(PX_CMD));
}

static void start(void)
{
    put(PX_SERR, 0xffffffff);
    put(PX_IS, 0xffffffff);
    put(PX_CMD, get(PX_CMD) | CMD_FRE);
    put(PX_CMD, get(PX_CMD) | CMD_ST);
}

static bool is_queued(uint8_t command)
{
    return command == AHCI_READ_QUEUED || command == AHCI_WRITE_QUEUED;
}

static bool is_write(uint8_t command)
{
    return command == AHCI_WRITE || command == AHCI_WRITE_QUEUED;
}

static void prepare(unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors, uint64_t at,
                    uint32_t len, bool odd)
{
    struct table *t = &tables[slot];
    uint32_t piece = odd ? 2 : 0x10000;
    unsigned n = 0;
    while (len) {
        uint32_t now = piece < len && n < ARRAY_SIZE(t->prdt) - 1 ? piece : len;
        t->prdt[n++] =
            (struct prdt){.address = (uint32_t)at, .high = (uint32_t)(at >> 32), .count = now - 1};
        at += now;
        len -= now;
        piece = odd ? piece * 2 + 2 : piece;
    }
    memset(t->fis, 0, sizeof(t->fis));
    t->fis[0] = FIS_H2D;
    t->fis[1] = FIS_COMMAND;
    t->fis[2] = command;
    for (unsigned i = 0; i < 3; i++) {
        t->fis[4 + i] = (uint8_t)(lba >> (8 * i));
        t->fis[8 + i] = (uint8_t)(lba >> (24 + 8 * i));
    }
    t->fis[7] = DEVICE_LBA;
    if (is_queued(command)) {
        t->fis[3] = (uint8_t)sectors;
        t->fis[11] = (uint8_t)(sectors >> 8);
        t->fis[12] = (uint8_t)(slot << 3);
    } else {
        t->fis[12] = (uint8_t)sectors;
        t->fis[13] = (uint8_t)(sectors >> 8);
    }
    headers[slot] = (struct header){
        .flags = HEADER_LENGTH | (is_write(command) ? HEADER_WRITE : 0) | n << 16,
        .table = (uint32_t)(uintptr_t)t,
    };
    barrier();
}

void ahci_prepare(unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors, void *buf,
                  uint32_t len, bool odd)
{
    prepare(slot, command, lba, sectors, (uintptr_t)buf, len, odd);
}

void ahci_prepare_at(unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors,
                     uint64_t address)
{
    prepare(slot, command, lba, sectors, address, sectors * AHCI_SECTOR, false);
}

void ahci_issue(uint32_t mask, bool queued)
{
    if (queued)
        put(PX_SACT, mask);
    put(PX_CI, mask);
}

bool ahci_wait(uint32_t mask, bool queued)
{
    uint32_t reg = queued ? PX_SACT : PX_CI;
    bool ok = wait_for(!(get(reg) & mask) || get(PX_IS) & IS_TFES, TIMEOUT_MS);
    ok = ok && !(get(PX_IS) & IS_TFES);
    put(PX_IS, 0xffffffff);
    mmio_write32(hba + HBA_IS, 0xffffffff);
    barrier();
    return ok;
}

bool ahci_run(uint32_t mask, bool queued)
{
    uint32_t reg = queued ? PX_SACT : PX_CI, cause;
    ahci_issue(mask, queued);
    do {
        /*
         * A request that was taken while its cause came, or is left of the command before, fires
         * once more: then there is no cause, or one that is not ours yet, and we wait again.
         */
        uint32_t seen = irq_count(irq);
        irq_enable(irq);
        if (!wait_for(irq_count(irq) != seen, TIMEOUT_MS)) {
            irq_disable(irq);
            return false;
        }
        irqs++;
        (void)mmio_read32(hba + HBA_IS);
        cause = get(PX_IS);
        put(PX_IS, cause);
        mmio_write32(hba + HBA_IS, 0xffffffff);
        if (cause & IS_TFES)
            return false;
    } while (get(reg) & mask);
    barrier();
    return true;
}

bool ahci_transfer(uint8_t command, uint64_t lba, uint32_t sectors, void *buf, bool odd)
{
    uint32_t len = command == AHCI_IDENTIFY ? AHCI_SECTOR : sectors * AHCI_SECTOR;
    ahci_prepare(0, command, lba, sectors, buf, len, odd);
    return ahci_run(1, false);
}

void ahci_restart(void)
{
    stop();
    start();
}

uint32_t ahci_status(void)
{
    return get(PX_TFD);
}

uint32_t ahci_interrupts(void)
{
    return irqs;
}

unsigned ahci_line(void)
{
    return irq;
}

void ahci_select(unsigned n)
{
    port = ports[n].registers;
    headers = ports[n].headers;
    tables = ports[n].tables;
}

static void open_port(uint32_t registers)
{
    uint8_t *fis = dma_alloc(256, 256);
    ports[port_count].registers = registers;
    ports[port_count].headers = dma_alloc(AHCI_SLOTS * sizeof(*headers), 1024);
    ports[port_count].tables = dma_alloc(AHCI_SLOTS * sizeof(*tables), 128);
    ahci_select(port_count++);
    stop();
    put(PX_CLB, (uint32_t)(uintptr_t)headers);
    put(PX_CLBU, 0);
    put(PX_FB, (uint32_t)(uintptr_t)fis);
    put(PX_FBU, 0);
    start();
    put(PX_IE, IS_DHRS | IS_SDBS | IS_TFES);
}

unsigned ahci_open(void)
{
    struct pci_dev pci;
    if (!pci_find_class(0x010600, 0xffff00, 0, &pci))
        test_skip("no AHCI controller");
    pci_enable(&pci);
    irq = pci_read8(&pci, 0x3c);
    hba = pci_bar(&pci, 5);
    uint32_t implemented = mmio_read32(hba + PI);
    mmio_write32(hba + GHC, GHC_AE | GHC_IE);
    for (unsigned i = 0; i < PORTS; i++)
        if (implemented & 1u << i && (mmio_read32(hba + PORT(i) + PX_SSTS) & 15) == 3)
            open_port(hba + PORT(i));
    if (port_count == 0)
        test_error("no device at any AHCI port");
    ahci_select(0);
    return port_count;
}
