/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Backtraces by frame pointers. Every step is checked: this runs when something is broken already.
 */
#include "core/panic.h"
#include "pv.h"
#include "symbols.h"

#define DEPTH_MAX 32u

/* A pair of frame pointer and return address that can be read without a fault. */
static bool readable(uintptr_t fp)
{
    return !(fp & 7) && fp >= PLAT_PAGE_SIZE && plat_present(fp) && plat_present(fp + 8);
}

void panic_backtrace(uintptr_t fp)
{
    panic_print("backtrace:\n");
    for (unsigned depth = 0; depth < DEPTH_MAX && readable(fp); depth++) {
        uintptr_t next = ((const uintptr_t *)fp)[0];
        uintptr_t rip = ((const uintptr_t *)fp)[1];
        uintptr_t offset;
        const char *name = symbol_of(rip, &offset);

        if (!rip)
            break;
        if (name != NULL)
            panic_print("  %016lx %s+%#lx\n", (unsigned long)rip, name, (unsigned long)offset);
        else
            panic_print("  %016lx\n", (unsigned long)rip);
        if (next <= fp)
            break;
        fp = next;
    }
}
