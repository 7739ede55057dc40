/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * host.h - inside the process platform: the real Linux below, by raw system calls.
 *
 * The process platform runs kernel and program as one ordinary static Linux process, without Xen:
 * system-call layer, rump kernel, scheduler and loader are the shipped code, so that a program can
 * be tried, tested and looked at with a debugger in milliseconds. There is no C library in it: the
 * thread pointer belongs to the program.
 */
#ifndef PROCESS_HOST_H
#define PROCESS_HOST_H

#include <stddef.h>
#include <stdint.h>

/* x86-64 system-call numbers. */
enum {
    HOST_READ = 0,
    HOST_WRITE = 1,
    HOST_OPEN = 2,
    HOST_LSEEK = 8,
    HOST_MMAP = 9,
    HOST_MPROTECT = 10,
    HOST_MUNMAP = 11,
    HOST_RT_SIGACTION = 13,
    HOST_PREAD64 = 17,
    HOST_PWRITE64 = 18,
    HOST_FSYNC = 74,
    HOST_FTRUNCATE = 77,
    HOST_SIGALTSTACK = 131,
    HOST_ARCH_PRCTL = 158,
    HOST_CLOCK_GETTIME = 228,
    HOST_EXIT_GROUP = 231,
    HOST_PPOLL = 271,
    HOST_GETRANDOM = 318,
    HOST_MEMFD_CREATE = 319,
};

/* Up to six arguments of machine-word size; result or -errno. */
long host_call(long nr, ...);

/* Exit statuses of our own, beside the program's (0..127) and 128 + the signal that killed it. */
enum { EXIT_NO_DISK = 249, EXIT_STUCK = 250, EXIT_FAULT = 251, EXIT_PANIC = 252, EXIT_USAGE = 253 };
void host_exit(int status) __attribute__((noreturn));

/*
 * memory.c: RAM of `megabytes`, followed by the ramdisk read from the file. 0 or a negative errno.
 */
int memory_init(uint64_t megabytes, const char *ramdisk_file, const char *cmdline);
/* memory.c: page faults become SIGSEGV, which fills the page or ends the process with a message. */
void faults_init(void);

#endif
