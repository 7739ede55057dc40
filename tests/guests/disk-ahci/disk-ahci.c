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
 */

#include "ahci.h"
#include "pattern.h"

const char test_name[] = "disk-ahci";
const char test_title[] = "AHCI disk: DMA, flush, command queuing, errors";

#define SECTOR      AHCI_SECTOR
#define SCRATCH_LBA 8192

static void queued_reads(uint32_t lba, uint32_t seed, uint8_t *buf)
{
    uint32_t state = seed, bad = 0;
    memset(buf, 0, 4 * 8 * SECTOR);
    for (unsigned tag = 0; tag < 4; tag++)
        ahci_prepare(tag, AHCI_READ_QUEUED, lba + 8 * tag, 8, buf + tag * 8 * SECTOR, 8 * SECTOR,
                     false);
    check(ahci_run(15, true), "queued reads: TFD %x", ahci_status());
    check(pattern_verify(&state, 0, buf, 4 * 8 * SECTOR, &bad), "queued reads: byte %u differs",
          bad);
}

void test_main(void)
{
    uint8_t *a = dma_alloc(129 * SECTOR, 0x1000), *b = dma_alloc(129 * SECTOR + 64, 0x1000);
    ahci_open();
    uint16_t *id = (uint16_t *)a;
    check(ahci_transfer(AHCI_IDENTIFY, 0, 0, a, false), "IDENTIFY: TFD %x", ahci_status());
    uint32_t size = id[100] | (uint32_t)id[101] << 16, disk = param_u32("disk_sectors", 0);
    check(size == disk, "capacity 0x%x sectors, the image has 0x%x", size, disk);

    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0), crc = 0;
    for (uint32_t done = 0; done < sectors; done += 64) {
        uint32_t n = sectors - done < 64 ? sectors - done : 64;
        if (!ahci_transfer(AHCI_READ, lba + done, n, a, false))
            test_failure("read at sector %u: TFD %x", lba + done, ahci_status());
        crc = cksum_feed(crc, a, n * SECTOR);
    }
    crc = cksum_finish(crc, sectors * SECTOR);
    check(crc == param_u32("data_crc", 0), "checksum %u, the host's is %u", crc,
          param_u32("data_crc", 0));

    uint32_t seed = param_u32("seed", 1), state = seed, bad = 0;
    pattern_fill(&state, 0, a, 129 * SECTOR);
    check(ahci_transfer(AHCI_WRITE, SCRATCH_LBA, 129, a, true), "write: TFD %x", ahci_status());
    ahci_prepare(0, AHCI_FLUSH, 0, 0, NULL, 0, false);
    check(ahci_run(1, false), "flush: TFD %x", ahci_status());
    data("wrote lba=%u sectors=129 seed=%u", SCRATCH_LBA, seed);
    check(ahci_transfer(AHCI_READ, SCRATCH_LBA, 129, b + 62, true), "read back: TFD %x",
          ahci_status());
    state = seed;
    check(pattern_verify(&state, 0, b + 62, 129 * SECTOR, &bad), "read back: byte %u differs", bad);

    queued_reads(SCRATCH_LBA, seed, b);
    check(ahci_interrupts() > 0, "no interrupt on line %u", ahci_line());

    check(!ahci_transfer(AHCI_READ, disk - 1, 8, b, false), "reading beyond the end: no error");
    ahci_restart();
    check(ahci_transfer(AHCI_READ, SCRATCH_LBA, 1, b, false) && memcmp(a, b, SECTOR) == 0,
          "read after the error: TFD %x", ahci_status());
}
