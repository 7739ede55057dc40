/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-scsi: a disk behind the LSI 53C895A (vdev sda).
 *
 *  - INQUIRY, READ CAPACITY against the image's size
 *  - READ(10) of the host's pattern against the host's checksum
 *  - WRITE(10), SYNCHRONIZE CACHE, read back
 *  - a read beyond the end ends in CHECK CONDITION with ILLEGAL REQUEST
 */

#include "lsi.h"
#include "pattern.h"

const char test_name[] = "disk-scsi";
const char test_title[] = "LSI 53C895A: SCRIPTS, read, write, flush";

#define SECTOR      LSI_SECTOR
#define SCRATCH_LBA 8192
#define CHUNK       64

void test_main(void)
{
    uint8_t *a = dma_alloc(CHUNK * SECTOR, 16), *b = dma_alloc(CHUNK * SECTOR, 16);
    lsi_open();

    static const uint8_t sense[6] = {SCSI_REQUEST_SENSE, 0, 0, 0, 18};
    static const uint8_t inquiry[6] = {SCSI_INQUIRY, 0, 0, 0, 36};
    uint32_t disk = lsi_sectors();
    check(disk == param_u32("disk_sectors", 0), "capacity 0x%x sectors, the image has 0x%x", disk,
          param_u32("disk_sectors", 0));
    check(lsi_command(inquiry, 6, a, 36, false) && (a[0] & 31) == 0,
          "INQUIRY: status %02x, type %x", lsi_status(), a[0] & 31u);
    a[36] = 0;
    note("%s", (char *)a + 8);

    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0), crc = 0;
    for (uint32_t done = 0; done < sectors; done += CHUNK) {
        uint32_t n = sectors - done < CHUNK ? sectors - done : CHUNK;
        if (!lsi_transfer(SCSI_READ, lba + done, n, a))
            test_failure("read at sector %u: status %02x", lba + done, lsi_status());
        crc = cksum_feed(crc, a, n * SECTOR);
    }
    crc = cksum_finish(crc, sectors * SECTOR);
    check(crc == param_u32("data_crc", 0), "checksum %u, the host's is %u", crc,
          param_u32("data_crc", 0));

    uint32_t seed = param_u32("seed", 1), state = seed, bad = 0;
    pattern_fill(&state, 0, a, CHUNK * SECTOR);
    check(lsi_transfer(SCSI_WRITE, SCRATCH_LBA, CHUNK, a), "write: status %02x", lsi_status());
    check(lsi_flush(), "flush: status %02x", lsi_status());
    data("wrote lba=%u sectors=%u seed=%u", SCRATCH_LBA, CHUNK, seed);
    check(lsi_transfer(SCSI_READ, SCRATCH_LBA, CHUNK, b), "read back: status %02x", lsi_status());
    state = seed;
    check(pattern_verify(&state, 0, b, CHUNK * SECTOR, &bad), "read back: byte %u differs", bad);

    check(!lsi_transfer(SCSI_READ, disk - 1, 8, b), "reading beyond the end was no error");
    check(lsi_status() == 2 && lsi_command(sense, 6, b, 18, false) && (b[2] & 15) == 5,
          "reading beyond the end: status %02x, sense %x", lsi_status(), b[2] & 15u);
    check(lsi_interrupts() > 0, "no interrupt on line %u", lsi_line());
}
