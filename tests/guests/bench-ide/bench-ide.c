/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-ide: what a command to an IDE disk by bus-master DMA takes, from its first access to a port
 * until the interrupt that tells of its end is dealt with.
 *
 *  - read-4k, write-4k: at random places; read-64k, write-64k: one after the other
 *  - flush: after a write of 4 KiB, which is not counted
 * All of the disk is read before, so that its backend has it in memory. Parameter n: samples of
 * each, 100 without it.
 */

#include "ata.h"
#include "bench.h"

const char test_name[] = "bench-ide";
const char test_title[] = "IDE: reads, writes and flushes";

#define SMALL       8   /* sectors of 4 KiB ... */
#define LARGE       128 /* ... and of 64 */
#define SCRATCH_LBA 8192u
/* Accesses to ports: preparing the bus master, selecting, the task file, starting, ending. */
#define DMA_PORTS     (4 + 5 + 4 + 1 + 1 + 4)
#define COMMAND_PORTS (5 + 4 + 1 + 1 + 1)

static struct ata disk;
static uint8_t *buf;
static uint32_t disk_sectors;
static uint32_t next_lba = SCRATCH_LBA;

static uint32_t random_place(void)
{
    return SCRATCH_LBA + bench_random() % ((disk_sectors - SCRATCH_LBA) / SMALL) * SMALL;
}

static uint32_t next_place(void)
{
    uint32_t lba = next_lba;
    next_lba += LARGE;
    if (next_lba + LARGE > disk_sectors)
        next_lba = SCRATCH_LBA;
    return lba;
}

static void move(uint8_t command, uint32_t lba, uint32_t sectors)
{
    if (!ata_dma(&disk, command, lba, sectors, ata_prd(buf, sectors * SECTOR),
                 command == ATA_WRITE_DMA))
        test_failure("command %02x, sector %u: status %02x, error %02x", command, lba, disk.status,
                     disk.error);
}

static void flush(void)
{
    if (!ata_command(&disk, ATA_FLUSH, 0, 0))
        test_failure("flush: status %02x", disk.status);
}

static void flushes(unsigned n)
{
    move(ATA_WRITE_DMA, random_place(), SMALL);
    flush(); /* the backend's first one does more */
    bench_begin();
    for (unsigned i = 0; i < n; i++) {
        move(ATA_WRITE_DMA, random_place(), SMALL);
        bench_resume();
        flush();
        bench_sample();
    }
    bench_end("flush", 1, PORTS(COMMAND_PORTS));
}

void test_main(void)
{
    unsigned n = param_u32("n", 100);
    buf = dma_alloc(LARGE * SECTOR, 0x10000);
    ata_need(&disk, 0, 0, false);
    disk_sectors = (uint32_t)disk.sectors;
    if (disk_sectors < SCRATCH_LBA + 16 * LARGE)
        test_error("the disk has %u sectors only", disk_sectors);
    for (uint32_t lba = 0; lba + LARGE <= disk_sectors; lba += LARGE)
        move(ATA_READ_DMA, lba, LARGE);
    bench_frequency();
    BENCH("read-4k", n, PORTS(DMA_PORTS), move(ATA_READ_DMA, random_place(), SMALL));
    BENCH("write-4k", n, PORTS(DMA_PORTS), move(ATA_WRITE_DMA, random_place(), SMALL));
    BENCH("read-64k", n, PORTS(DMA_PORTS), move(ATA_READ_DMA, next_place(), LARGE));
    BENCH("write-64k", n, PORTS(DMA_PORTS), move(ATA_WRITE_DMA, next_place(), LARGE));
    flushes(n);
}
