/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Finding a file in the root directory of a CD (ECMA-119). */
#ifndef ISO9660_H
#define ISO9660_H

#include "guest.h"

#define CD_SECTOR 2048

/* Reads count sectors of 2048 bytes at lba into buf; false on error. */
typedef bool (*cd_read)(void *ctx, uint32_t lba, uint32_t count, void *buf);

/*
 * Looks up name (as recorded, e.g. "DATA.TXT;1"); buf has one sector. FAILURE ending if the medium
 * cannot be read or is no ISO 9660 volume; false if there is no such file.
 */
bool iso_find(cd_read read, void *ctx, void *buf, const char *name, uint32_t *lba, uint32_t *bytes);

/*
 * Reads the file DATA.TXT in pieces of at most `chunk` sectors and compares its size and checksum
 * with parameters cd_bytes and cd_crc, which the host computed. buf has `chunk` sectors.
 */
void iso_check_data(cd_read read, void *ctx, void *buf, uint32_t chunk, const char *what);

#endif
