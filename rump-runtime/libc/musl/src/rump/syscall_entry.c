/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The one door through which the C library enters the system below it. */
#include <stddef.h>

#include "libc.h"
#include "rump_syscall.h"

/*
 * Where a system call goes. Written once, by the only thread, before main; read by every system
 * call afterwards.
 */
hidden void *__rump_syscall_entry = __rump_syscall_linux;

/* Non-zero on a rump kernel. The few places that cannot be a call on Linux look at it. */
hidden unsigned char __rump_kernel;

/*
 * Choose the door from the initial stack (System V ABI: argc, argv, NULL, environment, NULL,
 * auxiliary vector). Runs before the thread pointer exists: it must not make a system
 * call, use thread-local storage or be compiled with a stack protector.
 */
hidden __attribute__((__no_stack_protector__)) void __rump_syscall_setup(size_t *stack)
{
    size_t *p = stack + 1 + stack[0] + 1;

    while (*p++) {
    }
    for (; p[0]; p += 2) {
        if (p[0] == AT_RUMP_SYSCALL) {
            __rump_syscall_entry = (void *)p[1];
            __rump_kernel = 1;
        }
    }
}
