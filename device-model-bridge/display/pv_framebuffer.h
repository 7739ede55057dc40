/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pv_framebuffer.h - the frontend of device/vfb/0 (<xen/io/fbif.h>): a picture in pages of ours
 * that the backend, dom0's QEMU, shows to VNC viewers.
 *
 * The memory is announced once, when the backend connects: QEMU 7.2's backend cannot connect a
 * second time (it makes another console, which no viewer sees, and the first keeps pointing to
 * where the old pixels were). So it is as large as the domain can afford, and the picture's size
 * changes within it.
 *
 * Pixels are 32 bits, little-endian: blue, green, red, nothing.
 */
#ifndef BRIDGE_PV_FRAMEBUFFER_H
#define BRIDGE_PV_FRAMEBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Begins to look for the device. `event` is called when the connection came or went; it must not
 * sleep. 0 or -ENOMEM.
 */
int pv_framebuffer_start(void (*event)(void));

bool pv_framebuffer_connected(void);

/* Bytes of pixels there is room for, 0 before the first connection. */
size_t pv_framebuffer_room(void);

/*
 * The picture's size from now on; it is black unless it had that size already. 0; -ENOSPC: there is
 * not enough room; -EOPNOTSUPP: the backend does not follow changes.
 */
int pv_framebuffer_resize(unsigned width, unsigned height);

/* Pixels inside the picture; what changed is collected until the backend is told. */
void pv_framebuffer_write(unsigned y, size_t at, const uint8_t *bytes, size_t n);
void pv_framebuffer_fill(unsigned x, unsigned y, unsigned width, unsigned height, uint32_t pixel);
void pv_framebuffer_changed(unsigned x, unsigned y, unsigned width, unsigned height);
void pv_framebuffer_tell(void);

#endif
