/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* panic.h - what the platform's trap code and log.c share for last words. */
#ifndef CORE_PANIC_H
#define CORE_PANIC_H

#include <stdint.h>

/* Writes to the console without touching the message ring; for use on the way down only. */
void panic_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Prints the return addresses found by following frame pointers from `fp`, with symbols where
 * known.
 */
void panic_backtrace(uintptr_t fp);

#endif
