/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* vchan.h - QEMU's monitor for the toolstack: a vchan server with domain 0 as its client. */
#ifndef BRIDGE_QMP_VCHAN_H
#define BRIDGE_QMP_VCHAN_H

#include <stdbool.h>
#include <stdint.h>

#include "monitor/media.h"

/* Registers the monitor's device file. */
void qmp_vchan_init(void);

/*
 * Publishes the server at device-model/<target>/qmp-vchan and serves it from a thread of its own;
 * does not wait for xenstore. 0, or -ENOMEM / -ENOSPC when page, grant, port or thread are not to
 * be had. hides_vnc: see session.h.
 */
int qmp_vchan_start(unsigned target, bool hides_vnc);

/* Who knows the disks, see media.h. Before qmp_vchan_start(). */
void qmp_vchan_disks(media_letter_fn letter);

/*
 * The device model ended before it was ready. From now on each of the toolstack's commands is
 * answered with an error whose description is `why` (ASCII; what is beyond 250 characters may be
 * cut off). Sleeps until the toolstack has fetched one such answer, true, or until the deadline
 * (monotonic ns), false. After qmp_vchan_start().
 */
bool qmp_vchan_refuse(const char *why, uint64_t deadline);

#endif
