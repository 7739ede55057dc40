/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-lba48: sector numbers beyond 28 bits reach the disk unabridged.
 *
 * hdb is a sparse image of 160 GiB. Patterns are written just below, across and above sector 2^28
 * and at the very end, flushed and read back; the sectors where a number cut to 28 bits would land
 * must still hold zeroes.
 */

#include "ata.h"
#include "pattern.h"

const char test_name[] = "disk-lba48";
const char test_title[] = "sectors beyond 2^28";

#define LIMIT (1ull << 28)
#define COUNT 16

static uint8_t *buf;

static void write_at(struct ata *disk, uint64_t lba, uint32_t seed)
{
    uint32_t state = seed;
    pattern_fill(&state, 0, buf, COUNT * SECTOR);
    check(ata_dma(disk, ATA_WRITE_DMA_EXT, lba, COUNT, ata_prd(buf, COUNT * SECTOR), true),
          "write at 0x%llx: status %x error %x", lba, disk->status, disk->error);
    data("wrote lba=0x%llx sectors=%u seed=%u", lba, COUNT, seed);
}

static void verify_at(struct ata *disk, uint64_t lba, uint32_t seed)
{
    uint32_t state = seed, bad = 0;
    memset(buf, 0, COUNT * SECTOR);
    check(ata_dma(disk, ATA_READ_DMA_EXT, lba, COUNT, ata_prd(buf, COUNT * SECTOR), false),
          "read at 0x%llx: status %x error %x", lba, disk->status, disk->error);
    check(pattern_verify(&state, 0, buf, COUNT * SECTOR, &bad), "at 0x%llx: byte %u differs", lba,
          bad);
}

static void untouched_at(struct ata *disk, uint64_t lba)
{
    memset(buf, 0xff, COUNT * SECTOR);
    check(ata_dma(disk, ATA_READ_DMA_EXT, lba, COUNT, ata_prd(buf, COUNT * SECTOR), false),
          "read at 0x%llx: status %x", lba, disk->status);
    for (unsigned i = 0; i < COUNT * SECTOR; i++)
        if (buf[i]) {
            check(false, "0x%llx was written to", lba);
            return;
        }
}

void test_main(void)
{
    struct ata disk;
    ata_need(&disk, 0, 1, false);
    note("hdb: 0x%llx sectors", disk.sectors);
    uint64_t end = (uint64_t)param_u32("hdb_mib", 0) * 2048;
    check(disk.sectors == end, "capacity 0x%llx sectors, the image has 0x%llx", disk.sectors, end);
    if (end < LIMIT + 4096)
        test_error("the image is too small");
    buf = dma_alloc(COUNT * SECTOR, 16);
    const uint64_t places[] = {LIMIT - 2 * COUNT, LIMIT - COUNT / 2, LIMIT + 1024, end - COUNT};
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
        write_at(&disk, places[i], 100 + i);
    check(ata_command(&disk, ATA_FLUSH_EXT, 0, 0), "flush: status %x", disk.status);
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
        verify_at(&disk, places[i], 100 + i);
    untouched_at(&disk, 0);
    untouched_at(&disk, 1024);
    untouched_at(&disk, (end - COUNT) & (LIMIT - 1));
}
