/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Reads the "newc" cpio archive: 110-byte headers of hexadecimal fields, everything 4-byte aligned.
 */
#include "core/ramdisk.h"

#include "core/errno.h"
#include "core/string.h"

#define HEADER_SIZE 110u
#define MAX_NAME    1024u
#define TRAILER     "TRAILER!!!"

enum field { F_MODE = 1, F_MTIME = 5, F_FILESIZE = 6, F_NAMESIZE = 11 }; /* order in the header */

static struct {
    const char *data;
    size_t size; /* up to and including the trailer; checked */
} archive;

static bool hex8(const char *s, uint32_t *value)
{
    uint32_t v = 0;

    for (int i = 0; i < 8; i++) {
        char c = s[i];

        if (c >= '0' && c <= '9')
            v = v << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            v = v << 4 | (uint32_t)(c - 'A' + 10);
        else
            return false;
    }
    *value = v;
    return true;
}

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/*
 * Decodes the entry at *offset within [data, data+size) and moves *offset to the next. Returns
 * NULL, or what is wrong with it.
 */
static const char *decode(const char *data, size_t size, size_t *offset, struct ramdisk_entry *e)
{
    const char *h = data + *offset;
    size_t left = size - *offset;
    uint32_t mode, mtime, filesize, namesize;
    size_t body;

    if (left < HEADER_SIZE)
        return "truncated in a header";
    if (memcmp(h, "070701", 6))
        return "no newc header (a compressed ramdisk must be unpacked first)";
    if (!hex8(h + 6 + 8 * F_MODE, &mode) || !hex8(h + 6 + 8 * F_MTIME, &mtime) ||
        !hex8(h + 6 + 8 * F_FILESIZE, &filesize) || !hex8(h + 6 + 8 * F_NAMESIZE, &namesize))
        return "a header field is not hexadecimal";
    if (!namesize || namesize > MAX_NAME)
        return "bad name length";
    body = align4(HEADER_SIZE + namesize);
    if (left < body)
        return "truncated in a name";
    if (h[HEADER_SIZE + namesize - 1])
        return "a name is not terminated";
    if (left - body < filesize)
        return "truncated in a file";
    e->name = h + HEADER_SIZE;
    if (e->name[0] == '.' && e->name[1] == '/')
        e->name += 2;
    while (e->name[0] == '/')
        e->name++;
    e->mode = mode;
    e->mtime = mtime;
    e->data = h + body;
    e->size = filesize;
    *offset += body + align4(filesize);
    if (*offset > size)
        *offset = size; /* the padding of the last file may be missing */
    return NULL;
}

int ramdisk_open(const void *data, size_t size, const char **why, size_t *offset)
{
    struct ramdisk_entry e;

    *offset = 0;
    for (;;) {
        size_t at = *offset;

        if (at >= size) {
            *why = "truncated: no trailer";
            return -EINVAL;
        }
        *why = decode(data, size, offset, &e);
        if (*why != NULL) {
            *offset = at;
            return -EINVAL;
        }
        if (!strcmp(e.name, TRAILER))
            break;
    }
    archive.data = data;
    archive.size = *offset;
    return 0;
}

int ramdisk_for_each(int (*fn)(const struct ramdisk_entry *, void *), void *arg)
{
    size_t offset = 0;

    while (offset < archive.size) {
        struct ramdisk_entry e;
        int rc;

        if (decode(archive.data, archive.size, &offset, &e) != NULL || !strcmp(e.name, TRAILER))
            break;
        if (!strncmp(e.name, ".pad/", 5) || !strcmp(e.name, ".pad") || !strcmp(e.name, ".") ||
            !e.name[0])
            continue;
        rc = fn(&e, arg);
        if (rc)
            return rc;
    }
    return 0;
}

struct lookup {
    const char *name;
    struct ramdisk_entry *entry;
};

static int match(const struct ramdisk_entry *e, void *arg)
{
    struct lookup *l = arg;

    if (strcmp(e->name, l->name))
        return 0;
    *l->entry = *e;
    return 1;
}

bool ramdisk_find(const char *name, struct ramdisk_entry *entry)
{
    struct lookup l = {.name = name, .entry = entry};

    return ramdisk_for_each(match, &l) != 0;
}
