/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Symbol look-up. The table is made from the linked kernel by symbols.awk and linked in again
 * behind everything else, so that adding it moves no function. In the first link the weak empty
 * table stands here.
 */
#include "symbols.h"

#include <stddef.h>

struct symbol {
    uint32_t offset; /* of the function from the kernel's start */
    uint32_t name;   /* offset into symbol_names */
};

extern const struct symbol symbol_table[] __attribute__((weak));
extern const uint32_t symbol_count __attribute__((weak));
extern const char symbol_names[] __attribute__((weak));
extern char kernel_start_address[];

const char *symbol_of(uintptr_t rip, uintptr_t *offset)
{
    uintptr_t start = (uintptr_t)kernel_start_address;
    size_t lo = 0, hi;

    if (&symbol_count == NULL || rip < start || rip - start > UINT32_MAX)
        return NULL;
    for (hi = symbol_count; lo < hi;) { /* the last one at or below rip */
        size_t mid = (lo + hi) / 2;

        if (symbol_table[mid].offset <= rip - start)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo)
        return NULL;
    *offset = rip - start - symbol_table[lo - 1].offset;
    return symbol_names + symbol_table[lo - 1].name;
}
