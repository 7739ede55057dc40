/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * boot-cd: the guest boots from an ISO image (El Torito) and reads it through the BIOS.
 *
 * That it runs at all is half the result. Then it finds a file in the ISO 9660 root directory,
 * reads it with int 13h AH=42h (sectors of 2048 bytes) and compares size and checksum with the
 * host's. Writing (AH=43h) must be refused.
 */

#include "iso9660.h"

const char test_name[] = "boot-cd";
const char test_title[] = "boot from an ISO image and read it through the BIOS";

#define CHUNK 16

static bool read_cd(void *ctx, uint32_t lba, uint32_t count, void *buf)
{
    (void)ctx;
    return bios_read(lba, (uint16_t)count, buf) == 0;
}

void test_main(void)
{
    if (!boot_from_cd)
        test_error("this guest was not booted from a CD");
    note("BIOS drive %02x", boot_drive);
    uint8_t *buf = low_alloc(CHUNK * CD_SECTOR);
    iso_check_data(read_cd, NULL, buf, CHUNK, "BIOS");
    check(bios_write(16, 1, buf) != 0, "the BIOS wrote to a CD");
}
