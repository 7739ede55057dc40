/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * multi-disk: each of four drives is the one that was configured in its place.
 *
 * hda (boot), hdb, hdc (CD) and hdd carry different patterns; their checksums and sizes, computed
 * on the host, are parameters. Reads alternate between the drives, by DMA and by port I/O, and a
 * write to hdb must show on hdb only.
 */

#include "ata.h"
#include "iso9660.h"
#include "pattern.h"

const char test_name[] = "multi-disk";
const char test_title[] = "four drives on two channels, none mistaken for another";

#define DATA_LBA     2048
#define DATA_SECTORS 16
#define SCRATCH_LBA  8192

struct drive {
    const char *name, *crc_key, *size_key;
    unsigned channel, unit;
    struct ata ata;
};

static struct drive drives[] = {
    {"hda", "data_crc", "disk_sectors", 0, 0, {0}},
    {"hdb", "hdb_crc", "hdb_sectors", 0, 1, {0}},
    {"hdd", "hdd_crc", "hdd_sectors", 1, 1, {0}},
};

static uint8_t *buf;

static void compare(struct drive *d, bool dma)
{
    bool ok = dma ? ata_dma(&d->ata, ATA_READ_DMA, DATA_LBA, DATA_SECTORS,
                            ata_prd(buf, DATA_SECTORS * SECTOR), false)
                  : ata_pio(&d->ata, ATA_READ, DATA_LBA, DATA_SECTORS, buf, false, 1);
    check(ok, "%s: read: status %x error %x", d->name, d->ata.status, d->ata.error);
    uint32_t crc = cksum_finish(cksum_feed(0, buf, DATA_SECTORS * SECTOR), DATA_SECTORS * SECTOR);
    check(crc == param_u32(d->crc_key, 0), "%s: checksum %u, the host's is %u", d->name, crc,
          param_u32(d->crc_key, 0));
}

static bool cd_sector(void *ctx, uint32_t lba, uint32_t count, void *p)
{
    uint8_t packet[12] = {
        0x28, 0, (uint8_t)(lba >> 24), (uint8_t)(lba >> 16), (uint8_t)(lba >> 8), (uint8_t)lba,
        0,    0, (uint8_t)count};
    for (unsigned i = 0; i < 3; i++) /* the first command after power-on reports the new medium */
        if (atapi_packet(ctx, packet, p, count * CD_SECTOR, false, NULL))
            return true;
    return false;
}

void test_main(void)
{
    static struct ata cd;
    buf = dma_alloc(64 * SECTOR, 16);
    for (unsigned i = 0; i < ARRAY_SIZE(drives); i++) {
        struct drive *d = &drives[i];
        ata_need(&d->ata, d->channel, d->unit, false);
        uint32_t size = param_u32(d->size_key, 0);
        check(d->ata.sectors == size, "%s: 0x%llx sectors, the image has 0x%x", d->name,
              d->ata.sectors, size);
    }
    ata_need(&cd, 1, 0, true);

    for (unsigned turn = 0; turn < 2; turn++)
        for (unsigned i = 0; i < ARRAY_SIZE(drives); i++)
            compare(&drives[i], turn == 0);
    iso_check_data(cd_sector, &cd, buf, 8, "hdc");

    uint32_t state = 99, bad = 0;
    pattern_fill(&state, 0, buf, 8 * SECTOR);
    check(ata_pio(&drives[1].ata, ATA_WRITE, SCRATCH_LBA, 8, buf, true, 1) &&
              ata_command(&drives[1].ata, ATA_FLUSH, 0, 0),
          "hdb: write: status %x", drives[1].ata.status);
    for (unsigned i = 0; i < ARRAY_SIZE(drives); i++) {
        memset(buf, 0xff, 8 * SECTOR);
        check(ata_pio(&drives[i].ata, ATA_READ, SCRATCH_LBA, 8, buf, false, 1), "%s: read",
              drives[i].name);
        state = 99;
        bool same = pattern_verify(&state, 0, buf, 8 * SECTOR, &bad);
        check(same == (i == 1), "%s: the write to hdb %s", drives[i].name,
              same ? "shows here" : "does not show");
    }
}
