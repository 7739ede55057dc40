/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* From the entry code's saved registers to the handlers and back. */
#include "linux/syscall.h"

#include "core/log.h"
#include "core/thread.h"
#include "core/vm.h"
#include "linux/process.h"
#include "linux/signal.h"

#define SYSCALL_LIMIT    512 /* above every number in the list */
#define NR_CLOCK_GETTIME 228

typedef long (*syscall_fn)(const struct plat_regs *r);

/* One adapter per call: takes the registers apart, narrowing each to its argument's type. */
#define SYSCALL0(nr, rule, name)                       \
    static long call_##name(const struct plat_regs *r) \
    {                                                  \
        (void)r;                                       \
        return sys_##name();                           \
    }
#define SYSCALL1(nr, rule, name, a)                    \
    static long call_##name(const struct plat_regs *r) \
    {                                                  \
        return sys_##name((a)r->rdi);                  \
    }
#define SYSCALL2(nr, rule, name, a, b)                 \
    static long call_##name(const struct plat_regs *r) \
    {                                                  \
        return sys_##name((a)r->rdi, (b)r->rsi);       \
    }
#define SYSCALL3(nr, rule, name, a, b, c)                   \
    static long call_##name(const struct plat_regs *r)      \
    {                                                       \
        return sys_##name((a)r->rdi, (b)r->rsi, (c)r->rdx); \
    }
#define SYSCALL4(nr, rule, name, a, b, c, d)                           \
    static long call_##name(const struct plat_regs *r)                 \
    {                                                                  \
        return sys_##name((a)r->rdi, (b)r->rsi, (c)r->rdx, (d)r->r10); \
    }
#define SYSCALL5(nr, rule, name, a, b, c, d, e)                                  \
    static long call_##name(const struct plat_regs *r)                           \
    {                                                                            \
        return sys_##name((a)r->rdi, (b)r->rsi, (c)r->rdx, (d)r->r10, (e)r->r8); \
    }
#define SYSCALL6(nr, rule, name, a, b, c, d, e, f)                                         \
    static long call_##name(const struct plat_regs *r)                                     \
    {                                                                                      \
        return sys_##name((a)r->rdi, (b)r->rsi, (c)r->rdx, (d)r->r10, (e)r->r8, (f)r->r9); \
    }
#include "linux/syscall_list.h"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6

#define SYSCALL0(nr, rule, name)      [nr] = {call_##name, rule},
#define SYSCALL1(nr, rule, name, ...) [nr] = {call_##name, rule},
#define SYSCALL2                      SYSCALL1
#define SYSCALL3                      SYSCALL1
#define SYSCALL4                      SYSCALL1
#define SYSCALL5                      SYSCALL1
#define SYSCALL6                      SYSCALL1
static const struct {
    syscall_fn fn;
    enum syscall_rule rule;
} table[SYSCALL_LIMIT] = {
#include "linux/syscall_list.h"
};
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6

static long unknown_call(uint64_t nr)
{
    static uint8_t said[SYSCALL_LIMIT / 8];

    if (nr >= SYSCALL_LIMIT)
        return -ENOSYS;
    if (!(said[nr / 8] & (1u << (nr % 8)))) {
        said[nr / 8] |= (uint8_t)(1u << (nr % 8));
        log_info("system call %u is not implemented (ENOSYS)", (unsigned)nr);
    }
    return -ENOSYS;
}

static long call_handler(const struct plat_regs *regs)
{
    uint64_t nr = regs->rax;
    long ret;

    if (nr >= SYSCALL_LIMIT || table[nr].fn == NULL)
        return unknown_call(nr);
    ret = table[nr].fn(regs);
    if (ret == -EINTR && table[nr].rule == SYS_RESTART)
        ret = -ERESTARTSYS;
    return ret;
}

void syscall_dispatch(struct plat_regs *regs)
{
    struct linux_thread *lt;
    long ret;

    thread_checkpoint();
    lt = linux_self();
    if (__builtin_expect(lt == NULL, 0)) {
        /*
         * A kernel thread that makes system calls is a thread of the process too (hosted tests do
         * this).
         */
        lt = linux_thread_attach(thread_current(), NULL);
        if (lt == NULL) {
            regs->rax = (uint64_t)-ENOMEM;
            return;
        }
    }
    lt->regs = regs;
    if (regs->rax == NR_CLOCK_GETTIME && !lt->signal_work) {
        regs->rax = (uint64_t)sys_clock_gettime((int)regs->rdi, regs->rsi);
        return;
    }
    vm_stack_headroom(regs->rsp, lt->thread->program_stack);
    for (;;) {
        ret = call_handler(regs);
        if (!lt->signal_work && ret != -ERESTARTSYS) {
            regs->rax = (uint64_t)ret;
            return;
        }
        /* Handler frames, the result, or the same (or, after rt_sigreturn, another) call again. */
        if (!signal_return(lt, regs, ret))
            return;
    }
}
