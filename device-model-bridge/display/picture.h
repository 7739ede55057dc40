/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * picture.h - brings the guest's picture from QEMU to the PV framebuffer, and what is typed and
 * pointed at from the PV keyboard to QEMU.
 *
 * QEMU gets a VNC server on a local socket; a kernel thread is its only client.
 */
#ifndef BRIDGE_PICTURE_H
#define BRIDGE_PICTURE_H

#include <stdbool.h>

/* The value of QEMU's option -vnc. Keys come as scan codes: no guess about lock keys. */
#define PICTURE_SOCKET "/run/stubdom-vnc"
#define PICTURE_VNC    "unix:" PICTURE_SOCKET ",lock-key-sync=off"

/* Did the toolstack give this domain a framebuffer? Asks xenstore. */
bool picture_wanted(void);

/* Starts the frontends and the thread. 0 or -ENOMEM. */
int picture_start(void);

#endif
