/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-pio: the ATA command set by port I/O behaves as the standard says, and keeps the data.
 *
 *  - IDENTIFY DEVICE: capacity as on the host, LBA48, multiple mode, flush supported
 *  - READ SECTOR(S), READ MULTIPLE with 16 sectors per block, 28 and 48 bit, against the host's
 *    checksum
 *  - WRITE SECTOR(S), WRITE MULTIPLE, EXT forms; flush; read back
 *  - an unknown command is aborted; a sector beyond the end is an error; work goes on afterwards
 *  - soft reset puts the ATA signature into the registers; an interrupt comes with each command
 */

#include "ata.h"
#include "pattern.h"

const char test_name[] = "disk-pio";
const char test_title[] = "IDE disk by port I/O";

#define SCRATCH_LBA 8192u
#define SECTORS     24
#define BLOCK       16

static uint8_t *buf, *copy;

static void read_all(struct ata *disk, uint8_t command, unsigned block)
{
    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0), crc = 0;
    for (uint32_t done = 0; done < sectors; done += SECTORS) {
        uint32_t n = sectors - done < SECTORS ? sectors - done : SECTORS;
        if (!ata_pio(disk, command, lba + done, n, buf, false, block))
            test_failure("command %x at sector %u: status %x error %x", command, lba + done,
                         disk->status, disk->error);
        check(disk->irqs > 0, "command %x: no interrupt", command);
        crc = cksum_feed(crc, buf, n * SECTOR);
    }
    crc = cksum_finish(crc, sectors * SECTOR);
    check(crc == param_u32("data_crc", 0), "command %x: checksum %u, the host's is %u", command,
          crc, param_u32("data_crc", 0));
}

static void write_read(struct ata *disk, uint8_t write, uint8_t read, unsigned block, uint32_t lba,
                       uint32_t seed)
{
    uint32_t state = seed, bad = 0;
    pattern_fill(&state, 0, buf, SECTORS * SECTOR);
    check(ata_pio(disk, write, lba, SECTORS, buf, true, block), "command %x: status %x error %x",
          write, disk->status, disk->error);
    check(disk->irqs > 0, "command %x: no interrupt", write);
    check(ata_command(disk, ATA_FLUSH, 0, 0), "flush: status %x", disk->status);
    data("wrote lba=%u sectors=%u seed=%u", lba, SECTORS, seed);
    memset(copy, 0, SECTORS * SECTOR);
    check(ata_pio(disk, read, lba, SECTORS, copy, false, block), "command %x: status %x error %x",
          read, disk->status, disk->error);
    state = seed;
    check(pattern_verify(&state, 0, copy, SECTORS * SECTOR, &bad),
          "commands %x and %x: byte %u differs", write, read, bad);
}

static void soft_reset(const struct ata *disk)
{
    outb(disk->ctl, 0x04);
    time_sleep(10);
    outb(disk->ctl, 0x00);
    (void)wait_for(!(inb(disk->ctl) & ATA_SR_BSY), 1000);
    outb(disk->cmd + 6, 0xa0);
    uint8_t signature[4];
    for (unsigned i = 0; i < 4; i++)
        signature[i] = inb((uint16_t)(disk->cmd + 2 + i));
    check(signature[0] == 1 && signature[1] == 1 && signature[2] == 0 && signature[3] == 0,
          "signature after reset: %02x %02x %02x %02x", signature[0], signature[1], signature[2],
          signature[3]);
    check(inb(disk->cmd + 1) == 1, "diagnostic code after reset: %02x", inb(disk->cmd + 1));
}

void test_main(void)
{
    struct ata disk;
    ata_need(&disk, 0, 0, false);
    note("%s, 0x%llx sectors", disk.model, disk.sectors);
    buf = dma_alloc(SECTORS * SECTOR, 16);
    copy = dma_alloc(SECTORS * SECTOR, 16);

    uint32_t size = param_u32("disk_sectors", 0);
    check(disk.sectors == size, "capacity 0x%llx sectors, the image has 0x%x", disk.sectors, size);
    check(disk.id[49] & 0x0200, "no LBA");
    check(disk.id[83] & 0x0400, "no 48 bit addresses");
    check(disk.id[83] & 0x3000, "no flush command");
    check((disk.id[47] & 0xff) >= BLOCK, "only %u sectors per block", disk.id[47] & 0xff);

    read_all(&disk, ATA_READ, 1);
    check(ata_command(&disk, ATA_SET_MULTIPLE, 0, BLOCK), "SET MULTIPLE: status %x", disk.status);
    read_all(&disk, ATA_READ_MULTIPLE, BLOCK);
    read_all(&disk, ATA_READ_MULTIPLE_EXT, BLOCK);

    uint32_t seed = param_u32("seed", 815);
    write_read(&disk, ATA_WRITE, ATA_READ, 1, SCRATCH_LBA, seed);
    write_read(&disk, ATA_WRITE_EXT, ATA_READ_EXT, 1, SCRATCH_LBA + 100, seed + 1);
    write_read(&disk, ATA_WRITE_MULTIPLE, ATA_READ_MULTIPLE, BLOCK, SCRATCH_LBA + 200, seed + 2);

    check(!ata_command(&disk, 0x17, 0, 0) && (disk.error & ATA_ER_ABRT),
          "unknown command: status %x error %x", disk.status, disk.error);
    check(!ata_pio(&disk, ATA_READ_EXT, disk.sectors, 1, copy, false, 1) &&
              (disk.status & ATA_SR_ERR),
          "reading beyond the end: status %x", disk.status);
    check(ata_command(&disk, ATA_READ_VERIFY, disk.sectors - 1, 1), "verify: status %x",
          disk.status);

    soft_reset(&disk);
    check(ata_pio(&disk, ATA_READ, SCRATCH_LBA, 1, copy, false, 1), "read after reset: status %x",
          disk.status);
    uint32_t state = seed, bad = 0;
    check(pattern_verify(&state, 0, copy, SECTOR, &bad), "after reset: byte %u differs", bad);
}
