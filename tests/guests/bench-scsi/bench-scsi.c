/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-scsi: what a command to a disk behind the LSI 53C895A (vdev sda) takes, one at a time.
 *
 *  - read-4k, write-4k: at random places; read-64k, write-64k: one after the other
 *  - flush: after a write of 4 KiB, which is not counted
 * All of the disk is read before, so that its backend has it in memory. Parameter n: samples of
 * each, 100 without it.
 */

#include "bench.h"
#include "lsi.h"

const char test_name[] = "bench-scsi";
const char test_title[] = "LSI 53C895A: reads, writes and flushes";

#define SMALL       8   /* sectors of 4 KiB ... */
#define LARGE       128 /* ... and of 64 */
#define SCRATCH_LBA 8192u

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

static void move(uint8_t op, uint32_t lba, uint32_t sectors)
{
    if (!lsi_transfer(op, lba, sectors, buf))
        test_failure("command %02x, sector %u: status %02x", op, lba, lsi_status());
}

static void flush(void)
{
    if (!lsi_flush())
        test_failure("flush: status %02x", lsi_status());
}

static void flushes(unsigned n)
{
    move(SCSI_WRITE, random_place(), SMALL);
    flush(); /* the backend's first one does more */
    bench_begin();
    for (unsigned i = 0; i < n; i++) {
        move(SCSI_WRITE, random_place(), SMALL);
        bench_resume();
        flush();
        bench_sample();
    }
    bench_end("flush", 1, PORTS(LSI_ACCESSES));
}

void test_main(void)
{
    unsigned n = param_u32("n", 100);
    buf = dma_alloc(LARGE * LSI_SECTOR, 0x10000);
    lsi_open();
    disk_sectors = lsi_sectors();
    if (disk_sectors < SCRATCH_LBA + 16 * LARGE)
        test_error("the disk has %u sectors only", disk_sectors);
    for (uint32_t lba = 0; lba + LARGE <= disk_sectors; lba += LARGE)
        move(SCSI_READ, lba, LARGE);
    bench_frequency();
    BENCH("read-4k", n, PORTS(LSI_ACCESSES), move(SCSI_READ, random_place(), SMALL));
    BENCH("write-4k", n, PORTS(LSI_ACCESSES), move(SCSI_WRITE, random_place(), SMALL));
    BENCH("read-64k", n, PORTS(LSI_ACCESSES), move(SCSI_READ, next_place(), LARGE));
    BENCH("write-64k", n, PORTS(LSI_ACCESSES), move(SCSI_WRITE, next_place(), LARGE));
    flushes(n);
}
