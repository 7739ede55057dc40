/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-flood: all disks behind an AHCI controller with 32 queued commands each, all under way at
 * once, and a device that touches every MiB of the guest's memory.
 *
 *  - in each round every disk gets 32 queued writes, then a flush, then 32 queued reads of what was
 *    written, which is compared
 *  - with mib=N: a sector is read into each MiB of memory and written back to the disk from there,
 *    twice over; the sectors on the disk are compared. The processor reaches 4 GiB, a device all
 *  - with picture=1: all of a screen of 1920x1080 changes whenever commands are under way
 *  - DATA lines tell how long the slowest command took, in ticks of the time-stamp counter, and how
 *    many of these are a millisecond; painting, which delays the look at it, counts as its time
 *
 * Parameters: rounds (2), blocks (of 512 bytes in each command, 32), mib (of the guest's memory,
 * 0), picture (0).
 */

#include "ahci.h"
#include "bench.h"
#include "pattern.h"
#include "vga.h"

const char test_name[] = "disk-flood";
const char test_title[] = "AHCI disks with all their commands under way at once";

#define SECTOR      AHCI_SECTOR
#define FIRST_LBA   8192u
#define DISKS_MAX   6u
#define MIB         0x100000u
#define LOW_END_MIB 3800u /* below the devices' hole, and what the firmware keeps below that */
#define HIGH_MIB    4096u
#define HOLE_MIB    3840u
#define BATCH       16u
#define WIDTH       1920u
#define HEIGHT      1080u

static unsigned disks;
static uint32_t blocks;
static uint8_t *buffer[DISKS_MAX];

static struct vbe_mode *screen; /* NULL: it stays as it is */

static uint64_t slowest; /* command, in ticks of the time-stamp counter */

/* Ends a wait for commands that were all issued after begin. */
static void took(uint64_t begin)
{
    uint64_t ticks = bench_ticks() - begin;
    slowest = ticks > slowest ? ticks : slowest;
}

static void open_screen(void)
{
    struct vbe_info *info = low_alloc(sizeof(*info));
    uint16_t number;
    screen = low_alloc(sizeof(*screen));
    memcpy(info->signature, "VBE2", 4);
    if (vga_bios(0x4f00, 0, 0, 0, info) != VBE_OK)
        test_error("no VESA BIOS extension");
    number = vbe_find(info, screen, WIDTH, HEIGHT, 32);
    if (!number || vga_bios(0x4f02, number | VBE_LINEAR, 0, 0, NULL) != VBE_OK)
        test_error("no mode %ux%ux32", WIDTH, HEIGHT);
}

/* Noise: nothing an encoder could make small. */
static void paint(void)
{
    static uint32_t noise = 1;
    for (uint32_t y = 0; screen && y < HEIGHT; y++) {
        volatile uint32_t *line = phys(screen->frame_buffer + y * screen->pitch);
        for (uint32_t x = 0; x < WIDTH; x++)
            line[x] = (noise = noise * 1664525u + 1013904223u) >> 8;
    }
}

static uint32_t seed_of(uint32_t round, unsigned disk, unsigned slot)
{
    return 1 + round * 1000 + disk * 100 + slot;
}

/* Issues the same command in all slots of all disks, then waits for all of them. */
static void everywhere(uint8_t command, const char *what)
{
    uint32_t len = blocks * SECTOR;
    for (unsigned d = 0; d < disks; d++) {
        ahci_select(d);
        for (unsigned slot = 0; slot < AHCI_SLOTS; slot++)
            ahci_prepare(slot, command, FIRST_LBA + slot * blocks, blocks, buffer[d] + slot * len,
                         len, false);
    }
    uint64_t begin = bench_ticks();
    for (unsigned d = 0; d < disks; d++) {
        ahci_select(d);
        ahci_issue(0xffffffff, true);
    }
    paint();
    for (unsigned d = 0; d < disks; d++) {
        ahci_select(d);
        check(ahci_wait(0xffffffff, true), "%s of disk %u: TFD %x", what, d, ahci_status());
        took(begin);
    }
}

static void flood(uint32_t round)
{
    uint32_t len = blocks * SECTOR, state, bad = 0;
    for (unsigned d = 0; d < disks; d++)
        for (unsigned slot = 0; slot < AHCI_SLOTS; slot++) {
            state = seed_of(round, d, slot);
            pattern_fill(&state, 0, buffer[d] + slot * len, len);
        }
    everywhere(AHCI_WRITE_QUEUED, "writes");
    uint64_t begin = bench_ticks();
    for (unsigned d = 0; d < disks; d++) {
        ahci_select(d);
        ahci_prepare(0, AHCI_FLUSH, 0, 0, NULL, 0, false);
        ahci_issue(1, false);
    }
    for (unsigned d = 0; d < disks; d++) {
        ahci_select(d);
        check(ahci_wait(1, false), "flush of disk %u: TFD %x", d, ahci_status());
        took(begin);
        memset(buffer[d], 0, AHCI_SLOTS * len);
    }
    everywhere(AHCI_READ_QUEUED, "reads");
    for (unsigned d = 0; d < disks; d++)
        for (unsigned slot = 0; slot < AHCI_SLOTS; slot++) {
            state = seed_of(round, d, slot);
            check(pattern_verify(&state, 0, buffer[d] + slot * len, len, &bad),
                  "round %u, disk %u, slot %u: byte %u differs", round, d, slot, bad);
        }
}

/* The address of the i-th MiB of memory; what is below the devices' hole ends before it. */
static uint64_t address_of(uint32_t i)
{
    return (uint64_t)(i < HOLE_MIB ? i : i - HOLE_MIB + HIGH_MIB) * MIB;
}

static void batch(uint8_t command, uint32_t lba, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        ahci_prepare_at(i, command, lba + i, 1, address_of(first + i) + MIB / 2);
    uint64_t begin = bench_ticks();
    ahci_issue((1u << n) - 1, true);
    if (!ahci_wait((1u << n) - 1, true))
        test_failure("at MiB %u: TFD %x", first, ahci_status());
    took(begin);
}

/* The guest itself lies in the first MiBs. */
static void reach(uint32_t mib, uint32_t round)
{
    uint32_t source = FIRST_LBA, target = FIRST_LBA + BATCH, state, bad = 0, reached = 0;
    uint8_t *bytes = buffer[0];
    ahci_select(0);
    for (uint32_t first = 64; first < mib;) {
        uint32_t n =
            first < LOW_END_MIB && first + BATCH > LOW_END_MIB ? LOW_END_MIB - first : BATCH;
        if (first >= LOW_END_MIB && first < HOLE_MIB) {
            first = HOLE_MIB;
            continue;
        }
        n = mib - first < n ? mib - first : n;
        state = 1 + round * 10000 + first;
        pattern_fill(&state, 0, bytes, n * SECTOR);
        check(ahci_transfer(AHCI_WRITE, source, n, bytes, false), "TFD %x", ahci_status());
        batch(AHCI_READ_QUEUED, source, first, n);
        batch(AHCI_WRITE_QUEUED, target, first, n);
        memset(bytes, 0, n * SECTOR);
        check(ahci_transfer(AHCI_READ, target, n, bytes, false), "TFD %x", ahci_status());
        state = 1 + round * 10000 + first;
        check(pattern_verify(&state, 0, bytes, n * SECTOR, &bad), "from MiB %u: byte %u differs",
              first, bad);
        first += n;
        reached += n;
    }
    data("reached=%u", reached);
}

void test_main(void)
{
    uint32_t rounds = param_u32("rounds", 2), mib = param_u32("mib", 0);
    blocks = param_u32("blocks", 32);
    if (param_u32("picture", 0))
        open_screen();
    disks = ahci_open();
    disks = disks < DISKS_MAX ? disks : DISKS_MAX;
    data("disks=%u", disks);
    for (unsigned d = 0; d < disks; d++)
        buffer[d] = dma_alloc(AHCI_SLOTS * blocks * SECTOR, 0x1000);
    for (uint32_t round = 0; round < rounds; round++)
        flood(round);
    for (uint32_t round = 0; mib > 0 && round < 2; round++)
        reach(mib, round);
    data("slowest_ticks=%llx", slowest);
    bench_frequency();
}
