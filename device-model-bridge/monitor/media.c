/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Descriptor sets that stand for disks, see media.h. */
#include "monitor/media.h"

#include "core/log.h"
#include "core/string.h"

/* Sets of QEMU's own begin at 0. */
#define FIRST_SET   1000000u
#define SET_PREFIX  "/dev/fdset/"
#define IDE_DRIVES  4u
#define NAMES       3u /* hdX, sdX, xvdX */
#define SCSI_DISK_A (8u << 8)
#define XEN_DISK_A  (202u << 8)

/*
 * The number of a vbd (xen-vbd-interface(7)) that drive 0 to 3 of the IDE controller has under the
 * given kind of name. libxl has no CD drives elsewhere.
 */
static uint32_t number(unsigned drive, unsigned kind)
{
    static const uint32_t ide[IDE_DRIVES] = {3u << 8, 3u << 8 | 64, 22u << 8, 22u << 8 | 64};

    switch (kind) {
    case 0:
        return ide[drive];
    case 1:
        return SCSI_DISK_A + 16 * drive;
    default:
        return XEN_DISK_A + 16 * drive;
    }
}

static bool is_number_of_drive(uint64_t id)
{
    for (unsigned i = 0; i < IDE_DRIVES * NAMES; i++)
        if (number(i / NAMES, i % NAMES) == id)
            return true;
    return false;
}

void media_list(char *to, size_t size, media_letter_fn letter)
{
    size_t n = (size_t)ksnprintf(to, size, "[");
    const char *comma = "";

    for (unsigned i = 0; i < IDE_DRIVES * NAMES; i++) {
        uint32_t id = number(i / NAMES, i % NAMES);

        if (letter(id) == '\0')
            continue;
        n += (size_t)ksnprintf(to + n, size - n,
                               "%s{\"fdset-id\": %u, \"fds\": "
                               "[{\"fd\": %u, \"opaque\": \"stub-devid:%u\"}]}",
                               comma, FIRST_SET + id, id, id);
        comma = ", ";
    }
    ksnprintf(to + n, size - n, "]");
}

/* The number in the text that its end follows at once. */
static bool set_number(const char *text, size_t len, uint64_t *id)
{
    char digits[24];
    uint64_t set;

    if (len == 0 || len >= sizeof(digits))
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    if (!kparse_u64(digits, 10, &set) || set < FIRST_SET || !is_number_of_drive(set - FIRST_SET))
        return false;
    *id = set - FIRST_SET;
    return true;
}

bool media_is_set(struct json_span command)
{
    struct json_span arguments, set;
    uint64_t id;

    return json_member(command, "arguments", &arguments) && arguments.text[0] == '{' &&
           json_member(arguments, "fdset-id", &set) && set_number(set.text, set.len, &id);
}

bool media_filename(struct json_span command, media_letter_fn letter, struct json_span *name,
                    char path[MEDIA_PATH_MAX])
{
    const size_t prefix = sizeof(SET_PREFIX) - 1;
    struct json_span arguments;
    uint64_t id;
    char found;

    if (!json_member(command, "arguments", &arguments) || arguments.text[0] != '{' ||
        !json_member(arguments, "filename", name) || name->len < prefix + 2 ||
        memcmp(name->text, "\"" SET_PREFIX, prefix + 1) != 0 ||
        !set_number(name->text + 1 + prefix, name->len - prefix - 2, &id))
        return false;
    found = letter((uint32_t)id);
    if (found == '\0')
        return false;
    ksnprintf(path, MEDIA_PATH_MAX, "/dev/xvd%c", found);
    return true;
}
