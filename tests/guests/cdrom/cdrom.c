/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * cdrom: an ATAPI CD drive with a medium, by packet commands.
 *
 *  - INQUIRY names a CD device; READ CAPACITY agrees with the ISO image's size; READ TOC has a
 *    track
 *  - a file read with READ(10), by port I/O and by DMA, has the host's checksum
 *  - reading beyond the end fails with ILLEGAL REQUEST, and the next command works
 * Parameters: channel, unit: where the drive is; without them the secondary master (hdc).
 */

#include "ata.h"
#include "iso9660.h"

const char test_name[] = "cdrom";
const char test_title[] = "ATAPI CD drive: identity, capacity, reading by port I/O and DMA";

#define INQUIRY               0x12
#define TEST_UNIT_READY       0x00
#define REQUEST_SENSE         0x03
#define READ_CAPACITY         0x25
#define READ_10               0x28
#define READ_TOC              0x43
#define SENSE_ILLEGAL_REQUEST 5
#define CHUNK                 16

struct reader {
    struct ata *drive;
    bool dma;
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool read_10(void *ctx, uint32_t lba, uint32_t count, void *buf)
{
    struct reader *r = ctx;
    uint8_t packet[12] = {
        READ_10,      0, (uint8_t)(lba >> 24),  (uint8_t)(lba >> 16), (uint8_t)(lba >> 8),
        (uint8_t)lba, 0, (uint8_t)(count >> 8), (uint8_t)count};
    uint32_t got = 0;
    return atapi_packet(r->drive, packet, buf, count * CD_SECTOR, r->dma, &got) &&
           got == count * CD_SECTOR;
}

/* After power-on a drive reports its medium as new once. */
static void become_ready(struct ata *drive, uint8_t *buf)
{
    static const uint8_t ready[12] = {TEST_UNIT_READY};
    static const uint8_t sense[12] = {REQUEST_SENSE, 0, 0, 0, 18};
    for (unsigned i = 0; i < 5; i++) {
        if (atapi_packet(drive, ready, buf, 0, false, NULL))
            return;
        if (!atapi_packet(drive, sense, buf, 18, false, NULL))
            test_failure("REQUEST SENSE: status %x error %x", drive->status, drive->error);
        note("not ready: sense %x/%02x", buf[2] & 15u, buf[12]);
    }
    test_failure("the drive does not become ready");
}

void test_main(void)
{
    struct ata drive;
    uint8_t *buf = dma_alloc(CHUNK * CD_SECTOR, 16);
    uint32_t got = 0;
    ata_need(&drive, param_u32("channel", 1), param_u32("unit", 0), true);
    note("%s", drive.model);

    static const uint8_t inquiry[12] = {INQUIRY, 0, 0, 0, 36};
    check(atapi_packet(&drive, inquiry, buf, 36, false, &got) && got >= 36 && (buf[0] & 31) == 5 &&
              (buf[1] & 0x80),
          "INQUIRY: %u bytes, device type %x, status %x", got, buf[0] & 31u, drive.status);
    become_ready(&drive, buf);

    static const uint8_t capacity[12] = {READ_CAPACITY};
    check(atapi_packet(&drive, capacity, buf, 8, false, &got) && got == 8, "READ CAPACITY");
    uint32_t last = be32(buf), wanted = param_u32("cd_sectors", 0);
    check(last + 1 == wanted && be32(buf + 4) == CD_SECTOR,
          "capacity: %u sectors of %u bytes, the image has %u", last + 1, be32(buf + 4), wanted);

    static const uint8_t toc[12] = {READ_TOC, 0, 0, 0, 0, 0, 0, 0, 20};
    check(atapi_packet(&drive, toc, buf, 20, false, &got) && got >= 12 && buf[2] == 1 &&
              buf[3] == 1,
          "READ TOC: %u bytes, tracks %u to %u", got, buf[2], buf[3]);

    struct reader by_port = {&drive, false}, by_dma = {&drive, true};
    iso_check_data(read_10, &by_port, buf, CHUNK, "port I/O");
    if (drive.bm)
        iso_check_data(read_10, &by_dma, buf, CHUNK, "DMA");

    check(!read_10(&by_port, last + 1, 1, buf), "reading beyond the end was no error");
    check(drive.error >> 4 == SENSE_ILLEGAL_REQUEST, "reading beyond the end: error %x",
          drive.error);
    check(read_10(&by_port, last, 1, buf), "the last sector after that: status %x", drive.status);
}
