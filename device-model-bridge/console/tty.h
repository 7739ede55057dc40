/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* tty.h - what a byte stream must answer so that programs take it for a terminal line. */
#ifndef BRIDGE_TTY_H
#define BRIDGE_TTY_H

#include "linux/abi.h"

/* A raw line: no echo, no line editing, no translation. */
void tty_init(struct linux_termios *settings);

/*
 * termios(3) and modem-line requests. Settings are kept and given back, but change nothing: the
 * stream is always raw. Modem lines read as connected and ready. `arg` is a pointer of the program.
 * -ENOTTY for others.
 */
long tty_ioctl(struct linux_termios *settings, unsigned long request, unsigned long arg);

#endif
