/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Sending, queueing and masking signals (signal(7)); handlers' frames are in sigframe.c. */
#include "linux/signal.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

#define QUEUE_LIMIT     1024 /* queued signals in all, against a sender that never stops */
#define DEFAULT_IGNORED (SIGBIT(SIGCHLD) | SIGBIT(SIGURG) | SIGBIT(SIGWINCH) | SIGBIT(SIGCONT))
/* There is no one to continue a stopped stub domain: the stop signals' default is to do nothing. */
#define DEFAULT_STOP (SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))

struct waitq signal_arrival = WAITQ_INIT(signal_arrival);
static unsigned queued;

/* ---- pending sets ---------------------------------------------------------------------------- */

static void sigqueue_free(struct sigqueue *q)
{
    list_remove(&q->link);
    if (q->owned)
        return;
    queued--;
    kfree(q);
}

void sigpending_flush(struct sigpending *p, linux_sigset_t set)
{
    list_for_each_safe(it, &p->queue)
    {
        struct sigqueue *q = container_of(it, struct sigqueue, link);

        if (set & SIGBIT(q->info.si_signo))
            sigqueue_free(q);
    }
    p->set &= ~set;
}

static bool sigpending_take(struct sigpending *p, int sig, struct linux_siginfo *info)
{
    struct sigqueue *found = NULL;
    bool more = false;

    if (!(p->set & SIGBIT(sig)))
        return false;
    list_for_each(it, &p->queue)
    {
        struct sigqueue *q = container_of(it, struct sigqueue, link);

        if (q->info.si_signo != sig)
            continue;
        if (found != NULL) {
            more = true;
            break;
        }
        found = q;
    }
    if (!more)
        p->set &= ~SIGBIT(sig);
    if (found != NULL) {
        *info = found->info;
        sigqueue_free(found);
    } else {
        siginfo_fill(info, sig, SI_USER);
    }
    return true;
}

linux_sigset_t signal_pending_set(const struct linux_thread *lt)
{
    return lt->pending.set | process.pending.set;
}

bool signal_dequeue(struct linux_thread *lt, linux_sigset_t set, struct linux_siginfo *info)
{
    linux_sigset_t ready = signal_pending_set(lt) & set;
    int sig;
    bool taken;

    if (!ready) { /* another thread took what this one was woken for */
        signal_recalc(lt);
        return false;
    }
    sig = __builtin_ctzll(ready) + 1;
    taken =
        sigpending_take(&lt->pending, sig, info) || sigpending_take(&process.pending, sig, info);
    signal_recalc(lt);
    return taken;
}

/* ---- masks ----------------------------------------------------------------------------------- */

void signal_recalc(struct linux_thread *lt)
{
    lt->signal_work = (signal_pending_set(lt) & ~lt->mask) != 0;
}

bool signal_is_pending(void)
{
    struct linux_thread *lt = linux_self();

    /* The mark may be stale: whoever takes a signal of the process unmarks only itself. */
    if (lt != NULL && lt->signal_work)
        signal_recalc(lt);
    return lt != NULL && lt->signal_work;
}

void signal_set_mask(struct linux_thread *lt, linux_sigset_t mask)
{
    linux_sigset_t newly_blocked;

    mask &= ~SIG_UNBLOCKABLE;
    newly_blocked = mask & ~lt->mask;
    lt->mask = mask;
    signal_recalc(lt);
    /* What this thread was chosen for and now blocks may find another taker. */
    if (process.pending.set & newly_blocked)
        signal_thread_gone(lt);
}

void signal_set_mask_for_call(struct linux_thread *lt, linux_sigset_t mask)
{
    lt->saved_mask = lt->mask;
    lt->restore_mask = true;
    lt->mask = mask & ~SIG_UNBLOCKABLE;
    signal_recalc(lt);
}

void signal_restore_mask(struct linux_thread *lt)
{
    if (!lt->restore_mask)
        return;
    lt->restore_mask = false;
    signal_set_mask(lt, lt->saved_mask);
}

/* ---- sending --------------------------------------------------------------------------------- */

void siginfo_fill(struct linux_siginfo *info, int sig, int code)
{
    memset(info, 0, sizeof(*info));
    info->si_signo = sig;
    info->si_code = code;
    info->rt.si_pid = LINUX_PID;
}

bool signal_default_is_nothing(int sig)
{
    return SIGBIT(sig) & (DEFAULT_IGNORED | DEFAULT_STOP);
}

static bool is_ignored(int sig)
{
    uint64_t handler = process.actions[sig].handler;

    return handler == SIG_IGN || (handler == SIG_DFL && signal_default_is_nothing(sig));
}

static bool wants(const struct linux_thread *lt, int sig)
{
    return !(lt->mask & SIGBIT(sig)) || (lt->sigwait & SIGBIT(sig));
}

/*
 * The thread that gets a signal of the whole process: one in sigwait first, then any that takes it.
 */
static struct linux_thread *choose(int sig)
{
    struct linux_thread *found = NULL;

    list_for_each(it, &process.threads)
    {
        struct linux_thread *lt = container_of(it, struct linux_thread, link);

        if (lt->sigwait & SIGBIT(sig))
            return lt;
        if (found == NULL && wants(lt, sig))
            found = lt;
    }
    return found;
}

static void poke(struct linux_thread *lt, int sig)
{
    if (lt->sigwait & SIGBIT(sig))
        thread_wake(lt->thread);
    if (!(lt->mask & SIGBIT(sig))) {
        lt->signal_work = true;
        thread_interrupt(lt->thread);
    }
}

int signal_send(struct linux_thread *target, const struct linux_siginfo *info,
                struct sigqueue *timer)
{
    int sig = info->si_signo;
    struct sigpending *p = target != NULL ? &target->pending : &process.pending;
    struct linux_thread *taker = target != NULL ? target : choose(sig);
    struct sigqueue *q = timer;

    if (is_ignored(sig) && taker != NULL && !(taker->mask & SIGBIT(sig)) &&
        !(taker->sigwait & SIGBIT(sig)))
        return 0;
    if (sig < SIGRTMIN && (p->set & SIGBIT(sig)))
        return 0; /* standard signals are pending once */
    if (q == NULL) {
        if (queued < QUEUE_LIMIT)
            q = kmalloc(sizeof(*q), MEM_LINUX);
        if (q == NULL && sig >= SIGRTMIN)
            return -EAGAIN;
    }
    if (q != NULL) {
        if (timer == NULL) {
            q->info = *info;
            q->owned = false;
            queued++;
        }
        list_add_tail(&p->queue, &q->link);
    }
    p->set |= SIGBIT(sig);
    waitq_wake_all(&signal_arrival);
    if (taker != NULL && wants(taker, sig))
        poke(taker, sig);
    return 0;
}

/*
 * The entry is in one of the pending sets, but does not know in which: look for its signal in all.
 */
static void recompute_set(struct sigpending *p, int sig)
{
    p->set &= ~SIGBIT(sig);
    list_for_each(it, &p->queue)
    {
        if (container_of(it, struct sigqueue, link)->info.si_signo == sig)
            p->set |= SIGBIT(sig);
    }
}

void signal_withdraw(struct sigqueue *timer)
{
    int sig = timer->info.si_signo;

    if (list_empty(&timer->link))
        return;
    list_remove(&timer->link);
    recompute_set(&process.pending, sig);
    list_for_each(it, &process.threads)
    {
        struct linux_thread *lt = container_of(it, struct linux_thread, link);

        recompute_set(&lt->pending, sig);
        signal_recalc(lt);
    }
}

void signal_send_pipe(void)
{
    struct linux_thread *lt = linux_self();
    struct linux_siginfo info;

    if (lt == NULL)
        return;
    siginfo_fill(&info, SIGPIPE, SI_USER);
    signal_send(lt, &info, NULL);
}

void signal_thread_gone(struct linux_thread *lt)
{
    for (linux_sigset_t rest = process.pending.set; rest; rest &= rest - 1) {
        int sig = __builtin_ctzll(rest) + 1;
        struct linux_thread *other = choose(sig);

        if (other != NULL && other != lt)
            poke(other, sig);
    }
}

/* ---- sleeping -------------------------------------------------------------------------------- */

static bool call_must_end(void)
{
    return signal_is_pending() || user_hold_lost();
}

int signal_sleep(uint64_t deadline)
{
    int rc;

    if (call_must_end())
        return -EINTR;
    rc = thread_sleep(deadline);
    if (rc == -EINTR && !call_must_end())
        return 0;
    return rc;
}

int signal_waitq_wait(struct waitq *q, uint64_t deadline)
{
    int rc;

    if (call_must_end())
        return -EINTR;
    rc = waitq_wait(q, deadline);
    if (rc == -EINTR && !call_must_end())
        return 0;
    return rc;
}

/* ---- system calls ---------------------------------------------------------------------------- */

long sys_rt_sigaction(int sig, uintptr_t act, uintptr_t oldact, size_t setsize)
{
    struct linux_sigaction new, old;
    int rc;

    if (setsize != sizeof(linux_sigset_t))
        return -EINVAL;
    if (act) {
        rc = copy_from_user(&new, act, sizeof(new));
        if (rc < 0)
            return rc;
    }
    if (sig < 1 || sig > LINUX_NSIG || (act && (SIGBIT(sig) & SIG_UNBLOCKABLE)))
        return -EINVAL;
    old = process.actions[sig];
    if (act) {
        new.mask &= ~SIG_UNBLOCKABLE;
        process.actions[sig] = new;
        if (is_ignored(sig)) {
            sigpending_flush(&process.pending, SIGBIT(sig));
            list_for_each(it, &process.threads)
            {
                struct linux_thread *lt = container_of(it, struct linux_thread, link);

                sigpending_flush(&lt->pending, SIGBIT(sig));
                signal_recalc(lt);
            }
        }
    }
    return oldact ? copy_to_user(oldact, &old, sizeof(old)) : 0;
}

long sys_rt_sigprocmask(int how, uintptr_t set, uintptr_t oldset, size_t setsize)
{
    struct linux_thread *lt = linux_self();
    linux_sigset_t old = lt->mask, new = old, arg;
    int rc;

    if (setsize != sizeof(linux_sigset_t))
        return -EINVAL;
    if (set) {
        rc = copy_from_user(&arg, set, sizeof(arg));
        if (rc < 0)
            return rc;
        if (how == SIG_BLOCK)
            new = old | arg;
        else if (how == SIG_UNBLOCK)
            new = old & ~arg;
        else if (how == SIG_SETMASK)
            new = arg;
        else
            return -EINVAL;
        signal_set_mask(lt, new);
    }
    return oldset ? copy_to_user(oldset, &old, sizeof(old)) : 0;
}

long sys_sigaltstack(uintptr_t ss, uintptr_t oss)
{
    struct linux_thread *lt = linux_self();
    struct linux_stack new, old = lt->altstack;
    uint64_t sp = lt->regs->rsp;
    int rc;

    if (old.ss_size == 0)
        old.ss_flags |= SS_DISABLE;
    else if (sp - old.ss_sp < old.ss_size)
        old.ss_flags |= SS_ONSTACK;
    if (ss) {
        rc = copy_from_user(&new, ss, sizeof(new));
        if (rc < 0)
            return rc;
        if (old.ss_flags & SS_ONSTACK)
            return -EPERM;
        if (new.ss_flags & ~(SS_DISABLE | SS_ONSTACK | (int)SS_AUTODISARM))
            return -EINVAL;
        if (new.ss_flags & SS_DISABLE) {
            new.ss_sp = 0;
            new.ss_size = 0;
        } else if (new.ss_size < MINSIGSTKSZ) {
            return -ENOMEM;
        }
        new.ss_flags &= (int)SS_AUTODISARM; /* the rest says how it is, not how it shall be */
        lt->altstack = new;
    }
    if (!oss)
        return 0;
    old.pad0 = 0;
    return copy_to_user(oss, &old, sizeof(old));
}

static long send_to_thread(int tgid, int tid, int sig, const struct linux_siginfo *info)
{
    struct linux_thread *lt;

    if (sig < 0 || sig > LINUX_NSIG)
        return -EINVAL;
    if (tgid > 0 && tgid != LINUX_PID)
        return -ESRCH;
    lt = linux_thread_find(tid);
    if (lt == NULL)
        return -ESRCH;
    return sig ? signal_send(lt, info, NULL) : 0;
}

long sys_tkill(int tid, int sig)
{
    struct linux_siginfo info;

    if (tid <= 0)
        return -EINVAL;
    siginfo_fill(&info, sig, SI_TKILL);
    return send_to_thread(-1, tid, sig, &info);
}

long sys_tgkill(int tgid, int tid, int sig)
{
    struct linux_siginfo info;

    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    siginfo_fill(&info, sig, SI_TKILL);
    return send_to_thread(tgid, tid, sig, &info);
}

long sys_kill(int pid, int sig)
{
    struct linux_siginfo info;

    if (sig < 0 || sig > LINUX_NSIG)
        return -EINVAL;
    /* Ourselves, our process group (0 and its number), or everyone we may reach. */
    if (pid != LINUX_PID && pid != 0 && pid != -1 && pid != -LINUX_PID)
        return pid == LINUX_PPID ? -EPERM : -ESRCH;
    if (pid == -1)
        return -ESRCH; /* "everyone" leaves out the caller and process 1 */
    if (sig == 0)
        return 0;
    siginfo_fill(&info, sig, SI_USER);
    return signal_send(NULL, &info, NULL);
}

/*
 * Programs may set the fields, but not pretend to be the kernel or kill(2), except to themselves.
 */
static int siginfo_from_user(struct linux_siginfo *info, uintptr_t uinfo, int sig)
{
    int rc = copy_from_user(info, uinfo, sizeof(*info));

    info->si_signo = sig;
    return rc;
}

long sys_rt_sigqueueinfo(int pid, int sig, uintptr_t uinfo)
{
    struct linux_siginfo info;
    int rc = siginfo_from_user(&info, uinfo, sig);

    if (rc < 0)
        return rc;
    if (sig < 0 || sig > LINUX_NSIG)
        return -EINVAL;
    if (pid != LINUX_PID)
        return pid == LINUX_PPID ? -EPERM : -ESRCH;
    return sig ? signal_send(NULL, &info, NULL) : 0;
}

long sys_rt_tgsigqueueinfo(int tgid, int tid, int sig, uintptr_t uinfo)
{
    struct linux_siginfo info;
    int rc = siginfo_from_user(&info, uinfo, sig);

    if (rc < 0)
        return rc;
    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    return send_to_thread(tgid, tid, sig, &info);
}
