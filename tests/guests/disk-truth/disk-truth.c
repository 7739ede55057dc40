/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-truth: what was acknowledged before a completed flush is on the disk, whatever happens next.
 *
 * The guest writes records of 8 sectors, one after the other, flushes after every fourth and only
 * then prints "DATA disk-truth: flushed=N". The harness may destroy the domain at any moment and
 * compares the image with tools/check-image afterwards: records 1 to the last printed N must be
 * there. Undisturbed, the guest ends after the last record by reading all of them back.
 *
 * Parameters: records (64), seed (1000).
 */

#include "ata.h"
#include "pattern.h"

const char test_name[] = "disk-truth";
const char test_title[] = "records written and flushed; the host may cut at any moment";

#define FIRST_LBA 8192
#define SECTORS   8
#define PER_FLUSH 4

void test_main(void)
{
    struct ata disk;
    uint32_t records = param_u32("records", 64), seed = param_u32("seed", 1000), bad = 0;
    uint8_t *buf = dma_alloc(SECTORS * SECTOR, 16);
    ata_need(&disk, 0, 0, false);
    if (disk.sectors < FIRST_LBA + (uint64_t)records * SECTORS)
        test_error("the disk is too small for %u records", records);
    data("region lba=%u sectors=%u seed=%u records=%u", FIRST_LBA, SECTORS, seed, records);
    for (uint32_t i = 1; i <= records; i++) {
        uint32_t state = seed + i;
        pattern_fill(&state, 0, buf, SECTORS * SECTOR);
        if (!check(ata_dma(&disk, ATA_WRITE_DMA, FIRST_LBA + (i - 1) * SECTORS, SECTORS,
                           ata_prd(buf, SECTORS * SECTOR), true),
                   "record %u: status %x error %x", i, disk.status, disk.error))
            return;
        if (i % PER_FLUSH == 0 || i == records) {
            if (!check(ata_command(&disk, ATA_FLUSH, 0, 0), "flush: status %x", disk.status))
                return;
            data("flushed=%u", i);
        }
    }
    for (uint32_t i = 1; i <= records; i++) {
        uint32_t state = seed + i;
        check(ata_dma(&disk, ATA_READ_DMA, FIRST_LBA + (i - 1) * SECTORS, SECTORS,
                      ata_prd(buf, SECTORS * SECTOR), false),
              "record %u: status %x", i, disk.status);
        check(pattern_verify(&state, 0, buf, SECTORS * SECTOR, &bad), "record %u: byte %u differs",
              i, bad);
    }
}
