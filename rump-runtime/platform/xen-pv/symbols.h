/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* symbols.h - names of the kernel's functions, from the table that the second link step adds. */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stdint.h>

/* The function that contains rip and the offset into it; NULL when unknown. */
const char *symbol_of(uintptr_t rip, uintptr_t *offset);

#endif
