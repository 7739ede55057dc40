/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Backtrace of a panic: addresses relative to the library, for addr2line -e libstubdom-hosted.so.
 */
#define _GNU_SOURCE /* dladdr */
#include <dlfcn.h>

#include "core/panic.h"
#include "platform/platform.h"

#define FRAMES_MAX 32
#define FRAME_MAX  ((uintptr_t)64 << 10) /* a caller's frame is not farther than this */

/*
 * Frames beyond the stack's end may be poisoned or not ours: look without the sanitizer's checks.
 */
__attribute__((no_sanitize("address", "undefined"))) void panic_backtrace(uintptr_t fp)
{
    for (int i = 0; i < FRAMES_MAX && fp != 0 && (fp & 7) == 0; i++) {
        const uintptr_t *frame = (const uintptr_t *)fp;
        uintptr_t caller = frame[0], address = frame[1];
        Dl_info info;

        if (address == 0 || dladdr((void *)address, &info) == 0)
            return;
        panic_print("  %s+%#lx\n", info.dli_fname,
                    (unsigned long)(address - (uintptr_t)info.dli_fbase));
        if (caller <= fp || caller - fp > FRAME_MAX)
            return;
        fp = caller;
    }
}
