/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * linux-loader: boots Linux from the ISO 9660 image this guest was booted from.
 *
 * Not a test but the Linux guest's boot loader. A BIOS boot loader reads kernel and initial ramdisk
 * by the firmware's port I/O, sector by sector, which under an emulated Xen costs more than all the
 * rest of the guest's life; this one uses bus-master DMA where the medium is an IDE disk or CD.
 * The binary is both the image's system area (disk) and its El Torito boot image (CD).
 *
 * It reads KERNEL.BIN and INITRD.GZ from the root directory, hands over the command line of
 * parameter "cmdline" and enters the kernel by the 32-bit protocol. Any problem ends in "TEST
 * linux-loader: ERROR". Facts: Documentation/arch/x86/boot.rst and zero-page.rst of the Linux
 * kernel.
 */

#include "ata.h"
#include "iso9660.h"

const char test_name[] = "linux-loader";
const char test_title[] = "load kernel and initial ramdisk";

#define CHUNK         32 /* CD sectors: 64 KiB */
#define BIOS_CHUNK    8
#define KERNEL_STAGE  0x6000000u /* above what the kernel unpacks itself to */
#define INITRD        0x8000000u
#define MEMORY_NEEDED 0xb000000u
#define KERNEL        0x100000u

/* Offsets in the kernel image and in the zero page alike. */
#define E820_COUNT     0x1e8
#define SETUP_SECTS    0x1f1
#define BOOT_FLAG      0x1fe
#define HEADER_END     0x201
#define HEADER         0x202
#define VERSION        0x206
#define LOADER_TYPE    0x210
#define RAMDISK        0x218
#define RAMDISK_SIZE   0x21c
#define COMMAND_LINE   0x228
#define E820_TABLE     0x2d0
#define E820_MAX       128
#define E820_ENTRY     20
#define VERSION_NEEDED 0x0205
#define LOADER_UNKNOWN 0xff

static struct ata drive;
static uint8_t *bounce;

static bool read_disk(void *ctx, uint32_t lba, uint32_t count, void *buf)
{
    (void)ctx;
    return ata_dma(&drive, ATA_READ_DMA_EXT, (uint64_t)lba * 4, count * 4,
                   ata_prd(buf, count * CD_SECTOR), false);
}

static bool read_cd(void *ctx, uint32_t lba, uint32_t count, void *buf)
{
    uint8_t packet[12] = {
        0x28, 0, (uint8_t)(lba >> 24), (uint8_t)(lba >> 16), (uint8_t)(lba >> 8), (uint8_t)lba,
        0,    0, (uint8_t)count};
    (void)ctx;
    for (unsigned i = 0; i < 3; i++) /* the first command reports the new medium */
        if (atapi_packet(&drive, packet, buf, count * CD_SECTOR, true, NULL))
            return true;
    return false;
}

/* By the firmware, for every other controller. */
static bool read_bios(void *ctx, uint32_t lba, uint32_t count, void *buf)
{
    uint32_t per_sector = boot_from_cd ? 1 : 4;
    (void)ctx;
    while (count) {
        uint32_t n = count < BIOS_CHUNK ? count : BIOS_CHUNK;
        if (bios_read((uint64_t)lba * per_sector, (uint16_t)(n * per_sector), bounce))
            return false;
        memcpy(buf, bounce, n * CD_SECTOR);
        buf = (uint8_t *)buf + n * CD_SECTOR;
        lba += n;
        count -= n;
    }
    return true;
}

static cd_read choose_reader(void)
{
    for (unsigned i = 0; i < 4; i++) {
        if (!ata_open(&drive, i / 2, i % 2) || !drive.bm || drive.atapi != boot_from_cd)
            continue;
        note("%s by DMA", drive.model);
        return drive.atapi ? read_cd : read_disk;
    }
    note("BIOS drive %02x", boot_drive);
    bounce = low_alloc(BIOS_CHUNK * CD_SECTOR);
    return read_bios;
}

/* Reads the file to `to`; returns its size. */
static uint32_t load(cd_read read, const char *name, uint32_t to, uint32_t limit)
{
    uint32_t lba, bytes;
    uint8_t *sector = dma_alloc(CD_SECTOR, 16);
    if (!iso_find(read, NULL, sector, name, &lba, &bytes))
        test_error("%s is not on the medium", name);
    if (bytes > limit)
        test_error("%s has %u bytes, there is room for %u", name, bytes, limit);
    uint32_t sectors = (bytes + CD_SECTOR - 1) / CD_SECTOR;
    for (uint32_t done = 0; done < sectors; done += CHUNK) {
        uint32_t n = sectors - done < CHUNK ? sectors - done : CHUNK;
        if (!read(NULL, lba + done, n, phys(to + done * CD_SECTOR)))
            test_error("%s: sector %u cannot be read", name, lba + done);
    }
    return bytes;
}

/* The firmware's memory map, by int 15h AX=E820h, into the zero page. */
static void memory_map(uint8_t *zero_page)
{
    uint8_t *entry = low_alloc(32), *table = zero_page + E820_TABLE;
    bool enough = false;
    unsigned n = 0;
    struct bios_regs r = {0};
    do {
        r.eax = 0xe820;
        r.edx = 0x534d4150; /* "SMAP" */
        r.ecx = E820_ENTRY;
        r.es = (uint16_t)((uintptr_t)entry >> 4);
        r.edi = (uintptr_t)entry & 15;
        bios_call(0x15, &r);
        if ((r.flags & BIOS_CARRY) || r.eax != 0x534d4150)
            break;
        uint64_t start, size;
        memcpy(&start, entry, 8);
        memcpy(&size, entry + 8, 8);
        if (entry[16] == 1 && start <= KERNEL && start + size >= MEMORY_NEEDED)
            enough = true;
        memcpy(table + n * E820_ENTRY, entry, E820_ENTRY);
        n++;
    } while (r.ebx && n < E820_MAX);
    if (!enough)
        test_error("too little memory: %u MiB are needed", (MEMORY_NEEDED >> 20) + 8);
    zero_page[E820_COUNT] = (uint8_t)n;
}

static _Noreturn void enter(const uint8_t *zero_page)
{
    /* The protocol fixes the selectors: code at 0x10, data at 0x18. */
    static uint64_t gdt[] = {0, 0, 0x00cf9b000000ffff, 0x00cf93000000ffff};
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } pointer = {sizeof(gdt) - 1, (uint32_t)(uintptr_t)gdt};
    __asm__ volatile("cli\n\t"
                     "lgdt %0\n\t"
                     "movl $0x18, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %%eax, %%gs\n\t"
                     "movl %%eax, %%ss\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "xorl %%edi, %%edi\n\t"
                     "xorl %%ebx, %%ebx\n\t"
                     "ljmp $0x10, %2"
                     :
                     : "m"(pointer), "S"(zero_page), "i"(KERNEL)
                     : "eax", "memory");
    __builtin_unreachable();
}

void test_main(void)
{
    char *command_line = low_alloc(512);
    uint8_t *zero_page = low_alloc(4096);
    if (!param("cmdline", command_line, 512))
        test_error("parameter cmdline is missing");
    memory_map(zero_page); /* before anything is written up there */

    cd_read read = choose_reader();
    uint8_t *image = phys(KERNEL_STAGE);
    uint32_t bytes = load(read, "KERNEL.BIN;1", KERNEL_STAGE, INITRD - KERNEL_STAGE);
    uint32_t initrd = load(read, "INITRD.GZ;1", INITRD, MEMORY_NEEDED - INITRD);
    uint16_t version;
    memcpy(&version, image + VERSION, 2);
    if (memcmp(image + HEADER, "HdrS", 4) != 0 || version < VERSION_NEEDED)
        test_error("KERNEL.BIN is not a Linux kernel of protocol 2.5 or later");
    uint32_t setup = (image[SETUP_SECTS] ? image[SETUP_SECTS] : 4) * SECTOR + SECTOR;
    if (setup >= bytes)
        test_error("KERNEL.BIN is cut off");

    memcpy(zero_page + SETUP_SECTS, image + SETUP_SECTS,
           HEADER + image[HEADER_END] - (size_t)SETUP_SECTS);
    zero_page[LOADER_TYPE] = LOADER_UNKNOWN;
    uint32_t where = INITRD, line = (uint32_t)(uintptr_t)command_line;
    memcpy(zero_page + RAMDISK, &where, 4);
    memcpy(zero_page + RAMDISK_SIZE, &initrd, 4);
    memcpy(zero_page + COMMAND_LINE, &line, 4);
    note("kernel %u bytes, ramdisk %u bytes", bytes - setup, initrd);
    console_drain();
    memcpy(phys(KERNEL), image + setup, bytes - setup);
    enter(zero_page);
}
