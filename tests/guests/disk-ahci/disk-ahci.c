/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-ahci: a disk behind the AHCI controller (hdtype = "ahci").
 *
 *  - IDENTIFY names the capacity of the image
 *  - READ DMA EXT of the host's pattern has the host's checksum
 *  - WRITE DMA EXT along a table of odd pieces, FLUSH CACHE EXT, read back
 *  - native command queuing: four reads with different tags issued at once all arrive
 *  - a read beyond the end fails, and after a restart of the port the next one works
 * Facts: Serial ATA AHCI 1.3.1, chapters 3, 4, 5; ATA8-ACS.
 */

#include "guest.h"
#include "pattern.h"

const char test_name[] = "disk-ahci";
const char test_title[] = "AHCI disk: DMA, flush, command queuing, errors";

#define SECTOR      512
#define SCRATCH_LBA 8192

#define GHC          0x04
#define GHC_AE       (1u << 31)
#define GHC_IE       2u
#define HBA_IS       0x08
#define PI           0x0c
#define PORT(n)      (0x100u + 0x80u * (n))
#define PX_CLB       0x00
#define PX_CLBU      0x04
#define PX_FB        0x08
#define PX_FBU       0x0c
#define PX_IS        0x10
#define PX_IE        0x14
#define PX_CMD       0x18
#define PX_TFD       0x20
#define PX_SSTS      0x28
#define PX_SERR      0x30
#define PX_SACT      0x34
#define PX_CI        0x38
#define CMD_ST       1u
#define CMD_FRE      (1u << 4)
#define CMD_FR       (1u << 14)
#define CMD_CR       (1u << 15)
#define IS_DHRS      1u
#define IS_SDBS      8u
#define IS_TFES      (1u << 30)
#define HEADER_WRITE (1u << 6)
#define FIS_H2D      0x27
#define FIS_COMMAND  0x80

#define READ_DMA_EXT  0x25
#define WRITE_DMA_EXT 0x35
#define READ_FPDMA    0x60
#define FLUSH_EXT     0xea
#define IDENTIFY      0xec

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

static uint32_t hba;  /* addresses of the controller's ... */
static uint32_t port; /* ... and the port's registers */
static uint8_t irq;
static struct header *headers;
static struct table *tables;
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

/* Describes len bytes at buf in slot; odd: pieces of 2, 6, 14 ... bytes first. */
static void prepare(unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors, void *buf,
                    uint32_t len, bool write, bool odd)
{
    struct table *t = &tables[slot];
    uint32_t at = (uint32_t)(uintptr_t)buf, piece = odd ? 2 : 0x10000;
    unsigned n = 0;
    memset(t, 0, sizeof(*t));
    while (len) {
        uint32_t now = piece < len && n < ARRAY_SIZE(t->prdt) - 1 ? piece : len;
        t->prdt[n++] = (struct prdt){.address = at, .count = now - 1};
        at += now;
        len -= now;
        piece = odd ? piece * 2 + 2 : piece;
    }
    t->fis[0] = FIS_H2D;
    t->fis[1] = FIS_COMMAND;
    t->fis[2] = command;
    for (unsigned i = 0; i < 3; i++) {
        t->fis[4 + i] = (uint8_t)(lba >> (8 * i));
        t->fis[8 + i] = (uint8_t)(lba >> (24 + 8 * i));
    }
    t->fis[7] = 0x40;
    if (command == READ_FPDMA) {
        t->fis[3] = (uint8_t)sectors;
        t->fis[11] = (uint8_t)(sectors >> 8);
        t->fis[12] = (uint8_t)(slot << 3);
    } else {
        t->fis[12] = (uint8_t)sectors;
        t->fis[13] = (uint8_t)(sectors >> 8);
    }
    headers[slot] = (struct header){
        .flags = 5 | (write ? HEADER_WRITE : 0) | n << 16,
        .table = (uint32_t)(uintptr_t)t,
    };
    barrier();
}

/* Runs the slots of mask until reg (CI, or SACT for queued commands) has dropped them. */
static bool run(uint32_t mask, bool queued)
{
    uint32_t reg = queued ? PX_SACT : PX_CI, base = irq_arm(irq);
    if (queued)
        put(PX_SACT, mask);
    put(PX_CI, mask);
    bool ok = wait_for(!(get(reg) & mask) || (get(PX_IS) & IS_TFES), 30000);
    irq_enable(irq);
    irq_window();
    irqs += irq_count(irq) - base;
    irq_disable(irq);
    bool error = get(PX_IS) & IS_TFES;
    put(PX_IS, 0xffffffff);
    mmio_write32(hba + HBA_IS, 0xffffffff);
    barrier();
    return ok && !error;
}

static bool transfer(uint8_t command, uint64_t lba, uint32_t sectors, void *buf, bool write,
                     bool odd)
{
    uint32_t len = command == IDENTIFY ? SECTOR : sectors * SECTOR;
    prepare(0, command, lba, sectors, buf, len, write, odd);
    return run(1, false);
}

static void open_port(void)
{
    struct pci_dev pci;
    if (!pci_find_class(0x010600, 0xffff00, 0, &pci))
        test_skip("no AHCI controller");
    pci_enable(&pci);
    irq = pci_read8(&pci, 0x3c);
    hba = pci_bar(&pci, 5);
    uint32_t implemented = mmio_read32(hba + PI);
    mmio_write32(hba + GHC, GHC_AE | GHC_IE);
    for (unsigned i = 0; i < 32 && !port; i++)
        if (implemented & 1u << i && (mmio_read32(hba + PORT(i) + PX_SSTS) & 15) == 3)
            port = hba + PORT(i);
    if (!port)
        test_error("no device at any AHCI port");
    headers = dma_alloc(32 * sizeof(*headers), 1024);
    tables = dma_alloc(4 * sizeof(*tables), 128);
    uint8_t *fis = dma_alloc(256, 256);
    stop();
    put(PX_CLB, (uint32_t)(uintptr_t)headers);
    put(PX_CLBU, 0);
    put(PX_FB, (uint32_t)(uintptr_t)fis);
    put(PX_FBU, 0);
    start();
    put(PX_IE, IS_DHRS | IS_SDBS | IS_TFES);
}

static void queued_reads(uint32_t lba, uint32_t seed, uint8_t *buf)
{
    uint32_t state = seed, bad = 0;
    memset(buf, 0, 4 * 8 * SECTOR);
    for (unsigned tag = 0; tag < 4; tag++)
        prepare(tag, READ_FPDMA, lba + 8 * tag, 8, buf + tag * 8 * SECTOR, 8 * SECTOR, false,
                false);
    check(run(15, true), "queued reads: IS, TFD %x", get(PX_TFD));
    check(pattern_verify(&state, 0, buf, 4 * 8 * SECTOR, &bad), "queued reads: byte %u differs",
          bad);
}

void test_main(void)
{
    uint8_t *a = dma_alloc(129 * SECTOR, 0x1000), *b = dma_alloc(129 * SECTOR + 64, 0x1000);
    open_port();
    uint16_t *id = (uint16_t *)a;
    check(transfer(IDENTIFY, 0, 0, a, false, false), "IDENTIFY: TFD %x", get(PX_TFD));
    uint32_t size = id[100] | (uint32_t)id[101] << 16, disk = param_u32("disk_sectors", 0);
    check(size == disk, "capacity 0x%x sectors, the image has 0x%x", size, disk);

    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0), crc = 0;
    for (uint32_t done = 0; done < sectors; done += 64) {
        uint32_t n = sectors - done < 64 ? sectors - done : 64;
        if (!transfer(READ_DMA_EXT, lba + done, n, a, false, false))
            test_failure("read at sector %u: TFD %x", lba + done, get(PX_TFD));
        crc = cksum_feed(crc, a, n * SECTOR);
    }
    crc = cksum_finish(crc, sectors * SECTOR);
    check(crc == param_u32("data_crc", 0), "checksum %u, the host's is %u", crc,
          param_u32("data_crc", 0));

    uint32_t seed = param_u32("seed", 1), state = seed, bad = 0;
    pattern_fill(&state, 0, a, 129 * SECTOR);
    check(transfer(WRITE_DMA_EXT, SCRATCH_LBA, 129, a, true, true), "write: TFD %x", get(PX_TFD));
    prepare(0, FLUSH_EXT, 0, 0, NULL, 0, false, false);
    check(run(1, false), "flush: TFD %x", get(PX_TFD));
    data("wrote lba=%u sectors=129 seed=%u", SCRATCH_LBA, seed);
    check(transfer(READ_DMA_EXT, SCRATCH_LBA, 129, b + 62, false, true), "read back: TFD %x",
          get(PX_TFD));
    state = seed;
    check(pattern_verify(&state, 0, b + 62, 129 * SECTOR, &bad), "read back: byte %u differs", bad);

    queued_reads(SCRATCH_LBA, seed, b);
    check(irqs > 0, "no interrupt on line %u", irq);

    check(!transfer(READ_DMA_EXT, disk - 1, 8, b, false, false),
          "reading beyond the end: no error");
    stop();
    start();
    check(transfer(READ_DMA_EXT, SCRATCH_LBA, 1, b, false, false) && memcmp(a, b, SECTOR) == 0,
          "read after the error: TFD %x", get(PX_TFD));
}
