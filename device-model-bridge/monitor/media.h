/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * media.h - changing the medium of a CD drive, as libxl does it for a stub domain since Xen 4.20
 * (docs/misc/stubdom.txt, "CD-ROM"): it ejects, replaces the stub domain's vbd by one for the new
 * medium, waits until query-fdsets names a set with a descriptor called "stub-devid:<number of the
 * vbd>", and gives the drive the medium "/dev/fdset/<number of the set>".
 *
 * A Linux stub domain adds such a descriptor to QEMU. Here each vbd that a drive can have is told
 * as a set of its own, by a number that QEMU gives none, and becomes the name of its node when a
 * medium is changed: no descriptor is opened before its time, and none is left behind.
 */
#ifndef BRIDGE_MEDIA_H
#define BRIDGE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/json.h"

#define MEDIA_LIST_MAX ((size_t)1280) /* the longest list, with its NUL */
#define MEDIA_PATH_MAX ((size_t)16)   /* "/dev/xvdX" */

/* See bridge_disks(). */
typedef char (*media_letter_fn)(uint32_t id);

/* The value that query-fdsets returns, for the disks there are. Writes at most size bytes. */
void media_list(char *to, size_t size, media_letter_fn letter);

/* Are the arguments of this remove-fd about a set of ours? */
bool media_is_set(struct json_span command);

/*
 * Does this blockdev-change-medium name a set of ours whose disk is there? Then *name is the name
 * in the command, quotes included, and path the name of the disk's node.
 */
bool media_filename(struct json_span command, media_letter_fn letter, struct json_span *name,
                    char path[MEDIA_PATH_MAX]);

#endif
