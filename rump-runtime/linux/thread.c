/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Threads of the program: clone(2) as a C library uses it for pthreads, and their end. */
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/poll.h"
#include "linux/process.h"
#include "linux/rump/rump_glue.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

/* What makes a new task a thread of this process; anything less would be another process. */
#define CLONE_NEEDED (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define CLONE_KNOWN                                                                             \
    (CLONE_NEEDED | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | \
     CLONE_CHILD_SETTID | CLONE_DETACHED)

/* A thread pointer the processor takes; any other one would fault in the kernel. */
static bool valid_tls(uintptr_t tls)
{
    return tls >> 47 == 0;
}

static void child_main(void *arg)
{
    struct linux_thread *lt = arg;

    lt->regs = &lt->start_regs;
    vm_stack_headroom(lt->regs->rsp, thread_current()->program_stack);
    if (lt->signal_work)
        signal_return(lt, lt->regs, 0);
    plat_resume_program(lt->regs, thread_current()->stack_top);
}

/* Put in place of child_main() when the thread's Linux side could not be made. */
static void do_nothing(void *arg)
{
    (void)arg;
}

long sys_clone(unsigned long flags, uintptr_t stack, uintptr_t parent_tid, uintptr_t child_tid,
               uintptr_t tls)
{
    struct linux_thread *self = linux_self();
    struct linux_thread *lt;
    struct thread *t;
    int tid;

    if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
        return -EINVAL;
    if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
        return -EINVAL;
    if ((flags & CLONE_NEEDED) != CLONE_NEEDED || (flags & ~(unsigned long)CLONE_KNOWN) || !stack)
        return -ENOSYS; /* one process, one address space: see SUPPORT.md */
    if ((flags & CLONE_SETTLS) && !valid_tls(tls))
        return -EPERM;

    t = thread_create(self->comm, child_main, NULL);
    if (t == NULL)
        return -EAGAIN;
    lt = linux_thread_attach(t, self);
    if (lt == NULL) {
        t->fn = do_nothing; /* it has not run yet */
        return -EAGAIN;
    }
    t->arg = lt;
    t->program_stack = stack;
    lt->start_regs = *self->regs;
    lt->start_regs.rax = 0;
    lt->start_regs.rsp = stack;
    t->fsbase = flags & CLONE_SETTLS ? tls : thread_current()->fsbase;
    if (flags & CLONE_CHILD_CLEARTID)
        lt->clear_child_tid = child_tid;
    tid = lt->tid;
    if (flags & CLONE_PARENT_SETTID)
        put_user_u32(parent_tid, (uint32_t)tid);
    if (flags & CLONE_CHILD_SETTID)
        put_user_u32(child_tid, (uint32_t)tid);
    return tid;
}

long sys_fork(void)
{
    return -ENOSYS;
}

long sys_vfork(void)
{
    return -ENOSYS;
}

/* Lets go of all the calling thread has: what the program can see first, then its signals. */
static void let_go(struct linux_thread *lt)
{
    futex_exit_robust_list(lt);
    futex_clear_tid(lt);
    rump_thread_exit();

    poll_forget(lt);
    linux_thread_detach(lt);
    sigpending_flush(&lt->pending, ~(linux_sigset_t)0);
    signal_thread_gone(lt); /* after the detaching: other threads are chosen now */
    kfree(lt);
}

long sys_exit(int status)
{
    struct linux_thread *lt = linux_self();

    if (process.nthreads == 1)
        linux_process_exit(status);
    let_go(lt);
    thread_exit();
}

long sys_exit_group(int status)
{
    linux_process_exit(status);
}

long sys_gettid(void)
{
    return linux_self()->tid;
}

long sys_set_tid_address(uintptr_t addr)
{
    struct linux_thread *lt = linux_self();

    lt->clear_child_tid = addr;
    return lt->tid;
}

long sys_set_robust_list(uintptr_t head, size_t len)
{
    if (len != sizeof(struct linux_robust_list_head))
        return -EINVAL;
    linux_self()->robust_list = head;
    return 0;
}

long sys_get_robust_list(int tid, uintptr_t head, uintptr_t len)
{
    struct linux_thread *lt = tid ? linux_thread_find(tid) : linux_self();
    int rc;

    if (lt == NULL)
        return -ESRCH;
    rc = put_user_u64(len, sizeof(struct linux_robust_list_head));
    return rc < 0 ? rc : put_user_u64(head, lt->robust_list);
}

long sys_arch_prctl(int code, uintptr_t addr)
{
    switch (code) {
    case ARCH_SET_FS:
        if (!valid_tls(addr))
            return -EPERM;
        thread_current()->fsbase = addr;
        plat_set_fsbase(addr);
        return 0;
    case ARCH_GET_FS:
        return put_user_u64(addr, thread_current()->fsbase);
    default:
        return -EINVAL; /* GS belongs to the kernel */
    }
}

static long set_name(struct linux_thread *lt, uintptr_t name)
{
    char buf[sizeof(lt->comm)];
    long n = strncpy_from_user(buf, name, sizeof(buf) - 1);

    if (n < 0)
        return n;
    buf[n] = 0;
    memset(lt->comm, 0, sizeof(lt->comm));
    kstrlcpy(lt->comm, buf, sizeof(lt->comm));
    kstrlcpy(lt->thread->name, buf, sizeof(lt->thread->name));
    return 0;
}

/* Process attributes without meaning here: the value is kept so that what is set reads back. */
static struct {
    int pdeathsig;
    unsigned long timerslack;
    bool dumpable, no_new_privs, subreaper, thp_disable;
} attributes = {.timerslack = 50000, .dumpable = true};

long sys_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5)
{
    struct linux_thread *lt = linux_self();

    switch (option) {
    case PR_SET_NAME:
        return set_name(lt, a2);
    case PR_GET_NAME:
        return copy_to_user(a2, lt->comm, sizeof(lt->comm));
    case PR_SET_PDEATHSIG:
        if (a2 > LINUX_NSIG)
            return -EINVAL;
        attributes.pdeathsig = (int)a2;
        return 0;
    case PR_GET_PDEATHSIG:
        return put_user_u32(a2, (uint32_t)attributes.pdeathsig);
    case PR_GET_DUMPABLE:
        return attributes.dumpable;
    case PR_SET_DUMPABLE:
        if (a2 > 1)
            return -EINVAL;
        attributes.dumpable = a2;
        return 0;
    case PR_SET_TIMERSLACK:
        attributes.timerslack = (long)a2 <= 0 ? 50000 : a2;
        return 0;
    case PR_GET_TIMERSLACK:
        return (long)attributes.timerslack;
    case PR_MCE_KILL:
        return a4 || a5 || a2 > 1 || a3 > 2 ? -EINVAL : 0;
    case PR_MCE_KILL_GET:
        return a2 || a3 || a4 || a5 ? -EINVAL : 2 /* PR_MCE_KILL_DEFAULT */;
    case PR_SET_CHILD_SUBREAPER:
        attributes.subreaper = a2;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return put_user_u32(a2, attributes.subreaper);
    case PR_SET_NO_NEW_PRIVS:
        if (a2 != 1 || a3 || a4 || a5)
            return -EINVAL;
        attributes.no_new_privs = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return a2 || a3 || a4 || a5 ? -EINVAL : attributes.no_new_privs;
    case PR_SET_THP_DISABLE:
        attributes.thp_disable = a2;
        return 0;
    case PR_GET_THP_DISABLE:
        return attributes.thp_disable;
    case PR_GET_SECCOMP:
        return 0;
    default:
        return -EINVAL;
    }
}
