/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * key_numbers.h - from the numbers Linux has for keys (<linux/input-event-codes.h>, used by
 * <xen/io/kbdif.h>) to those of QEMU's extended key events: the scan code of set 1, with bit 7 for
 * the prefix 0xe0.
 */
#ifndef BRIDGE_KEY_NUMBERS_H
#define BRIDGE_KEY_NUMBERS_H

/* 0: the key has no scan code. */
unsigned key_number(unsigned linux_code);

#endif
