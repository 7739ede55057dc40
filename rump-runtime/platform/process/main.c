/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * stubdom-process MEGABYTES RAMDISK [COMMAND-LINE]
 *
 * Sets the platform up from its arguments, then boots (boot/process.c): the program the ramdisk's
 * manifest names runs in this process. Ends with the program's status, or 128 + the signal that
 * killed it; statuses from 249 on are the platform's own (host.h). Console 0 is standard output.
 */
#include "core/errno.h"
#include "core/panic.h"
#include "core/string.h"
#include "platform/platform.h"
#include "platform/process/host.h"

void process_start(const uintptr_t *stack) __attribute__((noreturn));

void process_start(const uintptr_t *stack)
{
    const char *const *argv = (const char *const *)(stack + 1);
    uint64_t megabytes;
    int rc;

    if (stack[0] < 3 || stack[0] > 4 || !kparse_u64(argv[1], 10, &megabytes) || megabytes < 4 ||
        megabytes > 4096) {
        panic_print("usage: stubdom-process MEGABYTES RAMDISK [COMMAND-LINE]\n");
        host_exit(EXIT_USAGE);
    }
    rc = memory_init(megabytes, argv[2], stack[0] == 4 ? argv[3] : "");
    if (rc) {
        panic_print("stubdom-process: %s: %s\n", argv[2], errno_name(rc));
        host_exit(EXIT_USAGE);
    }
    faults_init();
    stubdom_boot();
}
