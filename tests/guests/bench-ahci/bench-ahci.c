/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-ahci: what a command to a disk behind the AHCI controller takes, from its issue until the
 * interrupt that tells of its end is dealt with.
 *
 *  - read-4k, write-4k: at random places; read-64k, write-64k: one after the other
 *  - flush: after a write of 4 KiB, which is not counted
 *  - read-4k-by-8, write-4k-by-8, read-4k-by-31: so many commands queued at once; told is what one
 *    of them takes
 * All of the disk is read before, so that its backend has it in memory. Parameter n: samples of
 * each, 100 without it.
 */

#include "ahci.h"
#include "bench.h"

const char test_name[] = "bench-ahci";
const char test_title[] = "AHCI: commands one at a time and queued";

#define SMALL       8   /* sectors of 4 KiB ... */
#define LARGE       128 /* ... and of 64 */
#define SCRATCH_LBA 8192

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
    if (!ahci_transfer(command, lba, sectors, buf, false))
        test_failure("command %02x, sector %u: TFD %x", command, lba, ahci_status());
}

static void flush(void)
{
    ahci_prepare(0, AHCI_FLUSH, 0, 0, NULL, 0, false);
    if (!ahci_run(1, false))
        test_failure("flush: TFD %x", ahci_status());
}

static void flushes(unsigned n)
{
    move(AHCI_WRITE, random_place(), SMALL);
    flush(); /* the backend's first one does more */
    bench_begin();
    for (unsigned i = 0; i < n; i++) {
        move(AHCI_WRITE, random_place(), SMALL);
        bench_resume();
        flush();
        bench_sample();
    }
    bench_end("flush", 1, MEMORY(AHCI_ACCESSES));
}

/* As many commands as depth says, the backend sees them all at once. */
static void batch(uint8_t command, unsigned depth)
{
    for (unsigned slot = 0; slot < depth; slot++)
        ahci_prepare(slot, command, random_place(), SMALL, buf + slot * SMALL * AHCI_SECTOR,
                     SMALL * AHCI_SECTOR, false);
    if (!ahci_run((1u << depth) - 1, true))
        test_failure("queued command %02x: TFD %x", command, ahci_status());
}

static void queued(const char *name, uint8_t command, unsigned depth, unsigned n)
{
    for (unsigned i = 0; i < 4; i++)
        batch(command, depth);
    uint32_t before = ahci_interrupts();
    bench_begin();
    for (unsigned i = 0; i < n; i++) {
        batch(command, depth);
        bench_sample();
    }
    uint32_t interrupts = ahci_interrupts() - before;
    /* The accesses of a batch are shared by its commands: less than one for each. */
    bench_end(name, depth, (struct bench_accesses){0});
    note("%s: %u interrupts for %u batches", name, interrupts, n);
}

void test_main(void)
{
    unsigned n = param_u32("n", 100);
    buf = dma_alloc(AHCI_SLOTS * SMALL * AHCI_SECTOR, 0x10000);
    ahci_open();
    move(AHCI_IDENTIFY, 0, 0);
    uint16_t *id = (uint16_t *)buf;
    disk_sectors = id[100] | (uint32_t)id[101] << 16;
    if (disk_sectors < SCRATCH_LBA + 16 * LARGE)
        test_error("the disk has %u sectors only", disk_sectors);
    for (uint32_t lba = 0; lba + LARGE <= disk_sectors; lba += LARGE)
        move(AHCI_READ, lba, LARGE);
    bench_frequency();
    BENCH("read-4k", n, MEMORY(AHCI_ACCESSES), move(AHCI_READ, random_place(), SMALL));
    BENCH("write-4k", n, MEMORY(AHCI_ACCESSES), move(AHCI_WRITE, random_place(), SMALL));
    BENCH("read-64k", n, MEMORY(AHCI_ACCESSES), move(AHCI_READ, next_place(), LARGE));
    BENCH("write-64k", n, MEMORY(AHCI_ACCESSES), move(AHCI_WRITE, next_place(), LARGE));
    flushes(n);
    queued("read-4k-by-8", AHCI_READ_QUEUED, 8, n / 4);
    queued("write-4k-by-8", AHCI_WRITE_QUEUED, 8, n / 4);
    queued("read-4k-by-31", AHCI_READ_QUEUED, 31, n / 5);
}
