/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pv_console.h - the PV consoles libxl gives a stub domain, as raw byte streams /dev/hvc<N>: 0 log,
 * 1 save, 2 restore, 3 and up the guest's serial ports (<xen/io/console.h>).
 */
#ifndef BRIDGE_PV_CONSOLE_H
#define BRIDGE_PV_CONSOLE_H

#include "linux/file.h"

#define PV_CONSOLE_LOG     0u
#define PV_CONSOLE_SAVE    1u
#define PV_CONSOLE_RESTORE 2u
#define PV_CONSOLES_MAX    32u

/* Registers /dev/hvc<N> and asks xenstore which there are, without waiting. 0 or -ENOMEM. */
int pv_console_init(void);

/*
 * Opens console n as open(2) would; the caller gets the only reference. Console 0 is the log. The
 * first opening offers the ring to the backend and does not wait for it. 0, -ENXIO: no such
 * console, -ENOMEM, -ENOSPC.
 */
int pv_console_open(unsigned n, unsigned flags, struct file **file);

/*
 * The backend takes bytes off the ring an instant before it writes them to the save file. Sleeps
 * until what was written to the save console last has certainly arrived; returns at once when that
 * is long ago.
 */
void pv_console_settle(void);

#endif
