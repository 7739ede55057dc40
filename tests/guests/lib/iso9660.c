/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

#include "iso9660.h"
#include "pattern.h"

#define VOLUME_LBA   16
#define ROOT_RECORD  156 /* in the primary volume descriptor */
#define REC_LENGTH   0
#define REC_EXTENT   2
#define REC_SIZE     10
#define REC_NAME_LEN 32
#define REC_NAME     33

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

bool iso_find(cd_read read, void *ctx, void *buf, const char *name, uint32_t *lba, uint32_t *bytes)
{
    uint8_t *b = buf;
    if (!read(ctx, VOLUME_LBA, 1, b))
        test_failure("the volume descriptor cannot be read");
    if (memcmp(b, "\1CD001", 6) != 0)
        test_failure("no ISO 9660 volume descriptor");
    uint32_t dir = get32(b + ROOT_RECORD + REC_EXTENT), size = get32(b + ROOT_RECORD + REC_SIZE);
    for (; size >= CD_SECTOR; size -= CD_SECTOR, dir++) {
        if (!read(ctx, dir, 1, b))
            test_failure("the root directory cannot be read");
        for (uint32_t at = 0; at + REC_NAME < CD_SECTOR && b[at + REC_LENGTH];
             at += b[at + REC_LENGTH]) {
            const uint8_t *r = b + at;
            if (r[REC_NAME_LEN] == strlen(name) && memcmp(r + REC_NAME, name, strlen(name)) == 0) {
                *lba = get32(r + REC_EXTENT);
                *bytes = get32(r + REC_SIZE);
                return true;
            }
        }
    }
    return false;
}

void iso_check_data(cd_read read, void *ctx, void *buf, uint32_t chunk, const char *what)
{
    uint32_t lba, bytes, crc = 0, wanted = param_u32("cd_crc", 0), size = param_u32("cd_bytes", 0);
    if (!size)
        test_error("parameter cd_bytes is missing");
    if (!iso_find(read, ctx, buf, "DATA.TXT;1", &lba, &bytes))
        test_failure("%s: no DATA.TXT on the medium", what);
    if (!check(bytes == size, "%s: DATA.TXT has %u bytes, %u written", what, bytes, size))
        return;
    for (uint32_t done = 0; done < bytes; lba += chunk, done += chunk * CD_SECTOR) {
        uint32_t n = bytes - done < chunk * CD_SECTOR ? bytes - done : chunk * CD_SECTOR;
        if (!check(read(ctx, lba, (n + CD_SECTOR - 1) / CD_SECTOR, buf), "%s: read at sector %u",
                   what, lba))
            return;
        crc = cksum_feed(crc, buf, n);
    }
    crc = cksum_finish(crc, bytes);
    check(crc == wanted, "%s: checksum %u, the host's is %u", what, crc, wanted);
}
