/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * syscall.h - prototypes of all system-call handlers, made from the one list of them.
 *
 * long sys_NAME(arguments): returns what Linux would, >= 0 or a negative errno. It runs on the
 * calling thread's kernel stack (THREAD_STACK_SIZE: keep buffers small) and may sleep. Pointers are
 * the program's and passed as uintptr_t: only linux/uaccess.h may follow them.
 */
#ifndef LINUX_SYSCALL_H
#define LINUX_SYSCALL_H

#include <stddef.h>
#include <stdint.h>

#include "core/errno.h"
#include "platform/platform.h"

/*
 * "A signal came before anything was done": the dispatcher runs the signal's handler, then makes
 * the call again if the handler was installed with SA_RESTART, else answers -EINTR. Never seen by
 * the program.
 */
#define ERESTARTSYS 512

enum syscall_rule {
    SYS_ONCE,   /* the handler itself says what happens after a signal: -EINTR or -ERESTARTSYS */
    SYS_RESTART /* its -EINTR means -ERESTARTSYS */
};

#define SYSCALL0(nr, rule, name)                   long sys_##name(void);
#define SYSCALL1(nr, rule, name, a)                long sys_##name(a);
#define SYSCALL2(nr, rule, name, a, b)             long sys_##name(a, b);
#define SYSCALL3(nr, rule, name, a, b, c)          long sys_##name(a, b, c);
#define SYSCALL4(nr, rule, name, a, b, c, d)       long sys_##name(a, b, c, d);
#define SYSCALL5(nr, rule, name, a, b, c, d, e)    long sys_##name(a, b, c, d, e);
#define SYSCALL6(nr, rule, name, a, b, c, d, e, f) long sys_##name(a, b, c, d, e, f);
#include "linux/syscall_list.h"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6

#endif
