/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * signal.h - signals inside the Linux layer.
 *
 * Handlers run at system-call boundaries only: when a signal is sent, the target's sleep ends with
 * -EINTR; on its way out of the system call the dispatcher builds the handler's frame (sigframe.c).
 * A thread that computes without system calls gets its signals when it makes the next one.
 */
#ifndef LINUX_SIGNAL_H
#define LINUX_SIGNAL_H

#include "linux/process.h"

#define SIGBIT(sig)     ((linux_sigset_t)1 << (-1 + (sig)))
#define SIG_UNBLOCKABLE (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))

struct sigqueue {
    struct list link;
    struct linux_siginfo info;
    bool owned; /* belongs to a timer, which keeps it; else kmalloc memory */
};

/* Throw away what is pending of `set`. */
void sigpending_flush(struct sigpending *p, linux_sigset_t set);

/* A siginfo as kill (SI_USER) or tkill (SI_TKILL) of ourselves make it. */
void siginfo_fill(struct linux_siginfo *info, int sig, int code);

/*
 * Send to one thread / to the process. `timer` is NULL or the sender's own queue entry, whose info
 * is used; it must not be queued already. 0, or -EAGAIN when too many are queued.
 */
int signal_send(struct linux_thread *target, const struct linux_siginfo *info,
                struct sigqueue *timer);

/* Take a timer's entry back, if it is queued. */
void signal_withdraw(struct sigqueue *timer);

/* SIGPIPE for the calling thread, after a write that gets -EPIPE (unless MSG_NOSIGNAL). */
void signal_send_pipe(void);

/* Takes the lowest pending signal of `set` for this thread. False when there is none. */
bool signal_dequeue(struct linux_thread *lt, linux_sigset_t set, struct linux_siginfo *info);
linux_sigset_t signal_pending_set(const struct linux_thread *lt);

/* Replace the mask; SIGKILL and SIGSTOP stay out of it. */
void signal_set_mask(struct linux_thread *lt, linux_sigset_t mask);
/*
 * As above until the system call ends: one that ends by a pending signal leaves it to
 * signal_return() to go back to the old mask after the handlers; every other one calls
 * signal_restore_mask() itself.
 */
void signal_set_mask_for_call(struct linux_thread *lt, linux_sigset_t mask);
void signal_restore_mask(struct linux_thread *lt);
/* Recompute lt->signal_work. */
void signal_recalc(struct linux_thread *lt);
/* A thread takes no more signals: those of the process it was chosen for go to another. */
void signal_thread_gone(struct linux_thread *lt);

/* Would the calling thread have a signal to take now? False for kernel threads. */
bool signal_is_pending(void);

/*
 * waitq_wait() / thread_sleep() for system calls: -EINTR at once when a signal is pending or the
 * call is to lose its buffer (struct user_hold), and only then. A spurious interruption counts as a
 * wake: the caller re-tests.
 */
int signal_waitq_wait(struct waitq *q, uint64_t deadline);
int signal_sleep(uint64_t deadline);

/* Is the default action of this signal to do nothing? */
bool signal_default_is_nothing(int sig);

/* Woken whenever a signal becomes pending (signalfd). */
extern struct waitq signal_arrival;

/*
 * The way out of a system call that has signals to handle, or returned -ERESTARTSYS. Returns true
 * when the call in *regs has to be made (again); else *regs is what to continue with.
 */
bool signal_return(struct linux_thread *lt, struct plat_regs *regs, long ret);

#endif
