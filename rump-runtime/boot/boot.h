/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* boot.h - the common boot sequence, called by the platform when memory, events and grants work. */
#ifndef BOOT_H
#define BOOT_H

/*
 * Brings every room up in order and runs the program the ramdisk's manifest names. Does not return.
 */
void stubdom_boot(void) __attribute__((noreturn));

#endif
