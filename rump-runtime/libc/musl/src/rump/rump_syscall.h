/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Shared by the files that replace musl's system-call path; see syscall_entry.c. */
#ifndef RUMP_SYSCALL_H
#define RUMP_SYSCALL_H

#include <stddef.h>

/* Auxiliary vector: address of the kernel's system-call entry ("rump" read as a number). */
#define AT_RUMP_SYSCALL 0x706d7572

extern __attribute__((__visibility__("hidden"))) void *__rump_syscall_entry;
extern __attribute__((__visibility__("hidden"))) unsigned char __rump_kernel;

/* Executes `syscall`; same registers as the instruction. Not a C function. */
__attribute__((__visibility__("hidden"))) void __rump_syscall_linux(void);

__attribute__((__visibility__("hidden"))) void __rump_syscall_setup(size_t *stack);

#endif
