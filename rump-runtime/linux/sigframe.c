/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Running signal handlers: the frame on the program's stack, and the way back by rt_sigreturn. The
 * frame is the one Linux builds on x86-64 (System V ABI stack rules, ucontext_t), so that handlers,
 * unwinders and musl's thread cancellation find what they expect.
 */
#include "core/log.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

#define RED_ZONE      128
#define FLAGS_DEFAULT 0x202ull              /* interrupts on: what a program sees */
#define SELECTORS     0x002b000000000033ull /* cs 0x33, ss 0x2b */

/*
 * In gregs[GREG_TRAPNO]: the frame interrupts a call that is to be made again; ERR holds its
 * number.
 */
#define RESTART_MARK 0x74726174736572ull

struct frame {
    uint64_t return_address; /* the program's restorer; rsp points here at the handler's entry */
    struct linux_ucontext uc;
    struct linux_siginfo info;
    struct linux_fpstate fp __attribute__((aligned(16)));
};

/* Vector registers are lost in a system call; only the control words belong to the thread. */
static void fp_save(struct linux_fpstate *fp)
{
    memset(fp, 0, sizeof(*fp));
    __asm__ volatile("fnstcw %0" : "=m"(fp->cwd));
    __asm__ volatile("stmxcsr %0" : "=m"(fp->mxcsr));
    fp->mxcsr_mask = 0xffff;
}

static void fp_restore(const struct linux_fpstate *fp)
{
    uint16_t cwd = fp->cwd;
    uint32_t mxcsr = fp->mxcsr & 0xffff; /* a reserved bit would fault */

    __asm__ volatile("fldcw %0" : : "m"(cwd));
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}

static void regs_to_context(const struct plat_regs *regs, uint64_t g[GREG_COUNT])
{
    memset(g, 0, GREG_COUNT * sizeof(g[0]));
    g[GREG_R8] = regs->r8;
    g[GREG_R9] = regs->r9;
    g[GREG_R10] = regs->r10;
    g[GREG_R12] = regs->r12;
    g[GREG_R13] = regs->r13;
    g[GREG_R14] = regs->r14;
    g[GREG_R15] = regs->r15;
    g[GREG_RDI] = regs->rdi;
    g[GREG_RSI] = regs->rsi;
    g[GREG_RBP] = regs->rbp;
    g[GREG_RBX] = regs->rbx;
    g[GREG_RDX] = regs->rdx;
    g[GREG_RAX] = regs->rax;
    g[GREG_RSP] = regs->rsp;
    g[GREG_RIP] = regs->rip;
    g[GREG_EFL] = FLAGS_DEFAULT;
    g[GREG_CSGSFS] = SELECTORS;
}

static void regs_from_context(struct plat_regs *regs, const uint64_t g[GREG_COUNT])
{
    regs->r8 = g[GREG_R8];
    regs->r9 = g[GREG_R9];
    regs->r10 = g[GREG_R10];
    regs->r12 = g[GREG_R12];
    regs->r13 = g[GREG_R13];
    regs->r14 = g[GREG_R14];
    regs->r15 = g[GREG_R15];
    regs->rdi = g[GREG_RDI];
    regs->rsi = g[GREG_RSI];
    regs->rbp = g[GREG_RBP];
    regs->rbx = g[GREG_RBX];
    regs->rdx = g[GREG_RDX];
    regs->rax = g[GREG_RAX];
    regs->rsp = g[GREG_RSP];
    regs->rip = g[GREG_RIP];
}

static bool on_altstack(const struct linux_thread *lt, uint64_t sp)
{
    return sp - lt->altstack.ss_sp < lt->altstack.ss_size;
}

/*
 * Let *regs continue in the handler of `act`. nr >= 0: the interrupted call is to be made again
 * afterwards; the saved rip is then one byte before the return address, which is how musl's
 * cancellation tells a call that has done nothing yet (libc: syscall_cp.s). False when the stack
 * cannot take the frame.
 */
static bool push_frame(struct linux_thread *lt, struct plat_regs *regs,
                       const struct linux_sigaction *act, const struct linux_siginfo *info,
                       int64_t nr)
{
    uint64_t sp = regs->rsp - RED_ZONE;
    struct frame *f;

    if ((act->flags & SA_ONSTACK) && lt->altstack.ss_size && !on_altstack(lt, regs->rsp))
        sp = lt->altstack.ss_sp + lt->altstack.ss_size;
    sp -= sizeof(*f);
    sp = (sp & ~(uint64_t)15) - 8; /* as after a call: rsp + 8 is a multiple of 16 */
    if (user_buffer(sp, sizeof(*f), true) < 0)
        return false;
    vm_stack_headroom(sp, lt->thread->program_stack);

    f = (struct frame *)(uintptr_t)sp;
    memset(&f->uc, 0, sizeof(f->uc));
    f->return_address = act->restorer;
    f->uc.uc_stack = lt->altstack;
    if (!lt->altstack.ss_size)
        f->uc.uc_stack.ss_flags |= SS_DISABLE;
    else if (on_altstack(lt, regs->rsp))
        f->uc.uc_stack.ss_flags |= SS_ONSTACK;
    regs_to_context(regs, f->uc.gregs);
    if (nr >= 0) {
        f->uc.gregs[GREG_RIP] = regs->rip - 1;
        f->uc.gregs[GREG_RAX] = (uint64_t)nr;
        f->uc.gregs[GREG_TRAPNO] = RESTART_MARK;
        f->uc.gregs[GREG_ERR] = (uint64_t)nr;
        f->uc.gregs[GREG_CR2] = regs->rip;
    }
    f->uc.uc_sigmask = lt->restore_mask ? lt->saved_mask : lt->mask;
    f->uc.fpregs = (uint64_t)(uintptr_t)&f->fp;
    fp_save(&f->fp);
    f->info = *info;

    regs->rsp = sp;
    regs->rip = act->handler;
    regs->rdi = (uint64_t)info->si_signo;
    regs->rsi = (uint64_t)(uintptr_t)&f->info;
    regs->rdx = (uint64_t)(uintptr_t)&f->uc;
    regs->rax = 0;
    if (lt->altstack.ss_flags & (int)SS_AUTODISARM)
        lt->altstack = (struct linux_stack){0, 0, 0, 0};
    return true;
}

bool signal_return(struct linux_thread *lt, struct plat_regs *regs, long ret)
{
    uint64_t nr = regs->rax; /* still the number: nothing was stored there yet */
    bool restart = ret == -ERESTARTSYS;
    bool frames = false;
    struct linux_siginfo info;

    lt->thread->interrupted = false;
    while (signal_dequeue(lt, ~lt->mask, &info)) {
        int sig = info.si_signo;
        struct linux_sigaction act = process.actions[sig];
        bool again = restart && (act.flags & SA_RESTART);

        if (act.handler == SIG_IGN)
            continue;
        if (act.handler == SIG_DFL) {
            /* Signals whose default is to be ignored or to stop were dropped when sent. */
            if (sig != SIGKILL && signal_default_is_nothing(sig))
                continue;
            linux_process_killed(sig);
        }
        if (!frames && !again)
            regs->rax = restart ? (uint64_t)-EINTR : (uint64_t)ret;
        if (!push_frame(lt, regs, &act, &info, again ? (int64_t)nr : -1)) {
            log_error("no room on the stack of thread %d for the handler of signal %d", lt->tid,
                      sig);
            linux_process_killed(SIGSEGV);
        }
        frames = true;
        restart = false;
        lt->restore_mask = false;
        if (act.flags & SA_RESETHAND)
            process.actions[sig].handler = SIG_DFL;
        signal_set_mask(lt, lt->mask | act.mask | (act.flags & SA_NODEFER ? 0 : SIGBIT(sig)));
    }
    if (frames)
        return false;
    signal_restore_mask(lt);
    if (restart)
        return true;
    regs->rax = (uint64_t)ret;
    return false;
}

long sys_rt_sigreturn(void)
{
    struct linux_thread *lt = linux_self();
    struct plat_regs *regs = lt->regs;
    struct linux_ucontext uc;
    struct linux_fpstate fp;

    /* The handler's ret took the return address off the frame: rsp points to the context. */
    if (copy_from_user(&uc, regs->rsp, sizeof(uc)) < 0)
        linux_process_killed(SIGSEGV);
    if (uc.fpregs && copy_from_user(&fp, uc.fpregs, sizeof(fp)) == 0)
        fp_restore(&fp);
    regs_from_context(regs, uc.gregs);
    if (!(uc.uc_stack.ss_flags & SS_DISABLE)) {
        lt->altstack = uc.uc_stack;
        lt->altstack.ss_flags &= (int)SS_AUTODISARM;
    }
    signal_set_mask(lt, uc.uc_sigmask);
    if (uc.gregs[GREG_TRAPNO] == RESTART_MARK && regs->rip + 1 == uc.gregs[GREG_CR2]) {
        regs->rip = uc.gregs[GREG_CR2];
        regs->rax = uc.gregs[GREG_ERR];
        return -ERESTARTSYS;
    }
    return (long)regs->rax;
}
