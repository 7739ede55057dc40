/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* The keyboard controller at ports 60h and 64h. Facts: IBM PS/2 hardware interface reference. */
#ifndef I8042_H
#define I8042_H

#include "guest.h"

#define I8042_DATA       0x60
#define I8042_STATUS     0x64
#define I8042_STATUS_OUT 0x01 /* a byte is there to be read ... */
#define I8042_STATUS_AUX 0x20 /* ... and it is the mouse's */
#define I8042_ACK        0xfa
#define I8042_NOTHING    (-1)

/* To the controller, to the keyboard (or as a command's parameter), to the mouse. */
void i8042_command(uint8_t c);
void i8042_write(uint8_t v);
void i8042_write_mouse(uint8_t v);
/* The next byte of either device, I8042_NOTHING after a second. */
int i8042_read(void);
/* Reads a byte that has to be `want`. */
void i8042_expect(int want, const char *what);
/* Throws away what is there. */
void i8042_drain(void);

#endif
