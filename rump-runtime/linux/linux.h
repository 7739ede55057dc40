/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * linux.h - what the Linux system-call layer promises to the rest of the kernel.
 *
 * It runs one static x86-64 program as one process with any number of threads, by the system-call
 * interface of Linux 6.1. There is no fork, exec or other process. The program enters through
 * syscall_dispatch() (platform.h). Files, sockets and pipes come from the rump kernel
 * (rump/rump_glue.h), devices from device_register() (file.h); everything else is native.
 *
 * Other rooms include these headers of this one, and no others:
 *   linux.h            starting the layer and the program
 *   rump/rump_glue.h   starting the rump kernel; connecting to the program's sockets
 *   file.h             open files and device nodes, as a driver offers them
 *   iov.h              vectors of buffers
 *   poll.h             polling files from a kernel thread
 *   uaccess.h          the program's memory
 *   abi.h              numbers and structures of Linux 6.1 on x86-64
 */
#ifndef LINUX_LINUX_H
#define LINUX_LINUX_H

#include <stddef.h>
#include <stdint.h>

/*
 * Sets up the process, the descriptor table (0, 1 and 2 on console 0) and the native device nodes.
 * After threads_init() and rump_layer_init(), before anything that registers devices of its own. 0
 * or -ENOMEM.
 */
int linux_init(void);

/*
 * Loads the program from the ramdisk and runs it; the caller's flow of control becomes the kernel's
 * idle first thread. path is absolute; argv and envp are NULL-terminated and not kept. When the
 * file cannot be run, says on the console why and ends as if the program had left with status
 * LINUX_EXIT_CANNOT_RUN.
 */
#define LINUX_EXIT_CANNOT_RUN 127
void linux_run_program(const char *path, const char *const argv[], const char *const envp[])
    __attribute__((noreturn));

/*
 * The program will run as an ordinary user (nobody, 65534) whose RLIMIT_AS is so many bytes:
 * without privilege QEMU believes that limit and sizes its cache of guest memory by it. Before
 * linux_run_program(). As all limits but that on descriptors it is told and not enforced: what the
 * program may use is what core/budget.h leaves to it.
 */
void linux_run_as_user(uint64_t address_space);

/*
 * Called when the program ends, after the message: with its exit status and sig == 0, or with the
 * number of the signal that killed it. It runs on the thread that ended the program, may sleep, and
 * finds the program's other threads stopped. Must not return. The default powers the domain off
 * when status and signal are 0 and ends it as crashed otherwise.
 */
extern void (*linux_exit_hook)(int status, int sig);

/*
 * Called when the program leaves of its own accord, before that; its other threads still run, so
 * that what they hold in the rump kernel comes free. NULL: nothing.
 */
extern void (*linux_leave_hook)(void);

/*
 * The end of what the program wrote to console 0, without the control characters in it: as much as
 * fits, always NUL-terminated. Its lines are separated by "\n"; the last one has none behind it.
 * Returns the length.
 */
size_t linux_last_words(char *to, size_t size);

#endif
