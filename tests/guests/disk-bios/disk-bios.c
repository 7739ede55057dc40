/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-bios: what the firmware reads from the boot disk is what the host put there.
 *
 * The firmware's int 13h reads by port I/O (rep insw), so this is the path every boot loader
 * depends on: programmed I/O, one sector per request. The guest
 *  - compares the disk's size (AH=48h) with the one the image builder noted,
 *  - reads the patterned region with AH=42h in requests of 1, 7 and 64 sectors,
 *  - compares the POSIX checksum with the one cksum(1) computed on the host.
 * A second image (disk-bios-wrong) carries a false checksum: there the ending must be FAILURE, or
 * the test judges nothing.
 */

#include "guest.h"
#include "pattern.h"

const char test_name[] = "disk-bios";
const char test_title[] = "boot disk read through the BIOS, compared with the host's checksum";

#define SECTOR 512
#define CHUNK  64

static uint64_t bios_size(void)
{
    struct {
        uint16_t size, flags;
        uint32_t cylinders, heads, spt;
        uint64_t sectors;
        uint16_t bytes_per_sector;
    } __attribute__((packed)) *p = low_alloc(32);
    p->size = 26;
    struct bios_regs r = {
        .eax = 0x4800,
        .edx = boot_drive,
        .ds = (uint16_t)((uintptr_t)p >> 4),
        .esi = (uintptr_t)p & 15,
    };
    bios_call(0x13, &r);
    if (r.flags & BIOS_CARRY)
        test_failure("int 13h AH=48h: error %x", r.eax >> 8 & 0xff);
    check(p->bytes_per_sector == SECTOR, "sectors of %u bytes", p->bytes_per_sector);
    return p->sectors;
}

void test_main(void)
{
    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0);
    if (!sectors)
        test_error("the image has no patterned region");
    uint32_t expected = param_u32("data_crc", 0), disk = param_u32("disk_sectors", 0);
    uint8_t *buf = low_alloc(CHUNK * SECTOR);

    uint64_t size = bios_size();
    check(size == disk, "the BIOS says 0x%llx sectors, the image has 0x%x", size, disk);

    static const uint16_t sizes[] = {1, 7, CHUNK};
    uint32_t crc = 0;
    for (uint32_t done = 0, turn = 0; done < sectors; turn++) {
        uint16_t n = sizes[turn < 8 ? turn & 1 : 2];
        if (n > sectors - done)
            n = (uint16_t)(sectors - done);
        uint8_t error = bios_read(lba + done, n, buf);
        if (error)
            test_failure("int 13h AH=42h at sector %u: error %x", lba + done, error);
        crc = cksum_feed(crc, buf, n * SECTOR);
        done += n;
    }
    crc = cksum_finish(crc, sectors * SECTOR);
    data("bytes=%u crc=%u", sectors * SECTOR, crc);
    check(crc == expected, "checksum %u, the host's is %u", crc, expected);
}
