/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Disk access through the firmware. Facts: BIOS Enhanced Disk Drive specification 3.0. */

#include "guest.h"

#define READ  0x4200
#define WRITE 0x4300

struct dap {
    uint8_t size, zero;
    uint16_t count, offset, segment;
    uint64_t lba;
};

static uint8_t transfer(uint16_t ax, uint64_t lba, uint16_t count, void *buf)
{
    static struct dap *dap;
    if (!dap)
        dap = low_alloc(sizeof(*dap));
    *dap = (struct dap){
        .size = sizeof(*dap),
        .count = count,
        .segment = (uint16_t)((uintptr_t)buf >> 4),
        .lba = lba,
    };
    struct bios_regs r = {
        .eax = ax,
        .edx = boot_drive,
        .ds = (uint16_t)((uintptr_t)dap >> 4),
        .esi = (uintptr_t)dap & 15,
    };
    bios_call(0x13, &r);
    uint8_t error = (uint8_t)(r.eax >> 8);
    if (!(r.flags & BIOS_CARRY))
        return 0;
    return error ? error : 0xff;
}

uint8_t bios_read(uint64_t lba, uint16_t count, void *buf)
{
    return transfer(READ, lba, count, buf);
}

uint8_t bios_write(uint64_t lba, uint16_t count, void *buf)
{
    return transfer(WRITE, lba, count, buf);
}
