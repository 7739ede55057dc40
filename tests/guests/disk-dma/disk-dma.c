/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-dma: bus-master DMA moves every byte, to and from where it was told, in any shape.
 *
 * The PIIX IDE channel is driven by physical region descriptors (PRDs). The guest
 *  - reads the host's pattern by DMA and compares its checksum with the host's,
 *  - writes patterns with simple lists, with lists of odd pieces (2 bytes up to 64 KiB, even
 *    addresses, the last exactly 65536 bytes, coded 0) and with 28 and 48 bit commands,
 *  - flushes (FLUSH CACHE and FLUSH CACHE EXT),
 *  - reads back by another shape and by port I/O and compares; bytes around the buffers must stay,
 *  - reads across the end of the disk: an error and no hang, and the next command works.
 * Each DATA line "wrote" names a region that the host can verify afterwards with tools/check-image.
 */

#include "ata.h"
#include "pattern.h"

const char test_name[] = "disk-dma";
const char test_title[] = "IDE bus-master DMA: write, flush, read back";

#define SCRATCH_LBA 8192u
#define GUARD       0xa5
#define GUARD_BYTES 64
#define MAX_SECTORS 256

static uint8_t *buffer_a, *buffer_b; /* MAX_SECTORS each, with guards around */
static struct prd *odd_list;

static uint8_t *guarded(void)
{
    uint8_t *p = dma_alloc(MAX_SECTORS * SECTOR + 2 * GUARD_BYTES, 0x10000);
    return p + GUARD_BYTES; /* 64 bytes into the page: no entry is page aligned by luck */
}

static void set_guards(uint8_t *buf, uint32_t len)
{
    memset(buf - GUARD_BYTES, GUARD, GUARD_BYTES);
    memset(buf + len, GUARD, GUARD_BYTES);
}

static void check_guards(const uint8_t *buf, uint32_t len, const char *what)
{
    for (unsigned i = 0; i < GUARD_BYTES; i++)
        if (buf[-1 - (int)i] != GUARD || buf[len + i] != GUARD) {
            check(false, "%s: bytes outside the buffer were written", what);
            return;
        }
    check(true, "guards");
}

/*
 * Pieces of growing even sizes: 2, 6, 14, 30 ... bytes, then what is left in entries that end at
 * 64 KiB boundaries.
 */
static const struct prd *odd_prd(void *buf, uint32_t len)
{
    uint32_t p = (uint32_t)(uintptr_t)buf, n = 2;
    unsigned i = 0;
    while (len) {
        uint32_t room = 0x10000 - (p & 0xffff);
        uint32_t piece = n < 0x8000 ? n : 0x10000;
        if (piece > room)
            piece = room;
        if (piece > len)
            piece = len;
        odd_list[i++] = (struct prd){.address = p, .count = (uint16_t)piece};
        p += piece;
        len -= piece;
        n = n * 2 + 2;
    }
    odd_list[i - 1].flags = PRD_END;
    barrier();
    return odd_list;
}

struct shape {
    const char *name;
    uint32_t sectors;
    uint8_t write, read, flush;
    bool odd_write, odd_read;
};

static const struct shape shapes[] = {
    {"one sector", 1, ATA_WRITE_DMA, ATA_READ_DMA, ATA_FLUSH, false, false},
    {"8 sectors, odd list out", 8, ATA_WRITE_DMA, ATA_READ_DMA, ATA_FLUSH, true, false},
    {"129 sectors, odd list in", 129, ATA_WRITE_DMA, ATA_READ_DMA_EXT, ATA_FLUSH, false, true},
    {"256 sectors, 28 bit", 256, ATA_WRITE_DMA, ATA_READ_DMA, ATA_FLUSH, false, false},
    {"256 sectors, 48 bit, odd lists", 256, ATA_WRITE_DMA_EXT, ATA_READ_DMA_EXT, ATA_FLUSH_EXT,
     true, true},
};

static void run_shape(struct ata *disk, const struct shape *s, uint32_t lba, uint32_t seed)
{
    uint32_t len = s->sectors * SECTOR, state = seed, bad = 0;
    set_guards(buffer_a, len);
    pattern_fill(&state, 0, buffer_a, len);
    /* 256 is coded 0 in 28 bit commands; the byte register drops the 1 by itself. */
    check(ata_dma(disk, s->write, lba, s->sectors,
                  s->odd_write ? odd_prd(buffer_a, len) : ata_prd(buffer_a, len), true),
          "%s: write: status %x error %x", s->name, disk->status, disk->error);
    check(disk->irqs == 1, "%s: write: %u interrupts", s->name, disk->irqs);
    check_guards(buffer_a, len, s->name);
    check(ata_command(disk, s->flush, 0, 0), "%s: flush: status %x", s->name, disk->status);
    data("wrote lba=%u sectors=%u seed=%u", lba, s->sectors, seed);

    memset(buffer_b, 0, len);
    set_guards(buffer_b, len);
    check(ata_dma(disk, s->read, lba, s->sectors,
                  s->odd_read ? odd_prd(buffer_b, len) : ata_prd(buffer_b, len), false),
          "%s: read: status %x error %x", s->name, disk->status, disk->error);
    check(disk->irqs == 1, "%s: read: %u interrupts", s->name, disk->irqs);
    check_guards(buffer_b, len, s->name);
    state = seed;
    check(pattern_verify(&state, 0, buffer_b, len, &bad), "%s: byte %u differs", s->name, bad);

    /* The last sector once more by the other way. */
    uint32_t last = s->sectors - 1;
    check(ata_pio(disk, ATA_READ, lba + last, 1, buffer_b, false, 1), "%s: port read: status %x",
          s->name, disk->status);
    check(memcmp(buffer_b, buffer_a + last * SECTOR, SECTOR) == 0, "%s: port read differs",
          s->name);
}

void test_main(void)
{
    struct ata disk;
    ata_need(&disk, 0, 0, false);
    if (!disk.bm)
        test_skip("the IDE controller has no bus master");
    note("%s, 0x%llx sectors", disk.model, disk.sectors);
    buffer_a = guarded();
    buffer_b = guarded();
    odd_list = dma_alloc(4096, 4096);

    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0), crc = 0;
    for (uint32_t done = 0; done < sectors; done += 128) {
        uint32_t n = sectors - done < 128 ? sectors - done : 128;
        if (!ata_dma(&disk, ATA_READ_DMA, lba + done, n, ata_prd(buffer_a, n * SECTOR), false))
            test_failure("read at sector %u: status %x error %x", lba + done, disk.status,
                         disk.error);
        crc = cksum_feed(crc, buffer_a, n * SECTOR);
    }
    crc = cksum_finish(crc, sectors * SECTOR);
    check(crc == param_u32("data_crc", 0), "checksum %u, the host's is %u", crc,
          param_u32("data_crc", 0));

    uint32_t seed = param_u32("seed", 4711);
    for (unsigned i = 0; i < ARRAY_SIZE(shapes); i++)
        run_shape(&disk, &shapes[i], SCRATCH_LBA + i * 1024, seed + i);

    /* A later write must not have disturbed the first region. */
    uint32_t state = seed, bad = 0;
    check(ata_dma(&disk, ATA_READ_DMA, SCRATCH_LBA, 1, ata_prd(buffer_b, SECTOR), false) &&
              pattern_verify(&state, 0, buffer_b, SECTOR, &bad),
          "the first region changed at byte %u", bad);

    uint64_t end = disk.sectors;
    check(!ata_dma(&disk, ATA_READ_DMA_EXT, end - 1, 8, ata_prd(buffer_b, 8 * SECTOR), false),
          "reading beyond the end was no error");
    check(disk.status & ATA_SR_ERR, "reading beyond the end: status %x", disk.status);
    check(ata_dma(&disk, ATA_READ_DMA_EXT, end - 1, 1, ata_prd(buffer_b, SECTOR), false),
          "the last sector after that: status %x error %x", disk.status, disk.error);
}
