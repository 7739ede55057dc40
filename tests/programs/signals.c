/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Handlers and their frames, masks, SA_ flags, alternate stacks, queued signals, sigwait,
 * sigsuspend, restart.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

#define PAGE     4096
#define AROUND   (96 * 1024)
#define ALT_SIZE (64 * 1024)

static volatile int calls, last_value, last_code, nested, on_alt;
static char altstack[ALT_SIZE];
/*
 * Alternate stacks in the midst of data: never touched, and with contents from the program's file.
 */
static char unused_data[AROUND + ALT_SIZE];
static char file_data[AROUND + ALT_SIZE] = {1};

static void count(int sig)
{
    calls++;
    last_value = sig;
}

static void info(int sig, siginfo_t *si, void *ctx)
{
    ucontext_t *uc = ctx;

    calls++;
    CHECK_EQ(si->si_signo, sig);
    CHECK_EQ(si->si_pid, getpid());
    CHECK(uc->uc_mcontext.gregs[REG_RIP] != 0);
    last_code = si->si_code;
    last_value = si->si_value.sival_int;
}

static void alt(int sig)
{
    char here;

    (void)sig;
    on_alt = &here >= altstack && &here < altstack + sizeof(altstack);
}

static void install(int sig, void (*fn)(int), int flags)
{
    struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};

    NEED(sigaction(sig, &sa, NULL) == 0);
}

/* A frame of some pages, touched at its far end first. */
static void deep(int sig)
{
    volatile char frame[ALT_SIZE / 2];

    frame[0] = (char)sig;
    calls += frame[0] == sig;
}

static void alt_in_data(char *data)
{
    stack_t ss = {.ss_sp = data + AROUND, .ss_size = ALT_SIZE};
    volatile char *around = data;

    for (size_t i = 0; i < AROUND; i += 2 * PAGE)
        around[i] = 1;
    CHECK_EQ(sigaltstack(&ss, NULL), 0);
    install(SIGUSR1, deep, SA_ONSTACK);
    calls = 0;
    raise(SIGUSR1);
    CHECK_EQ(calls, 1);
}

static void outer(int sig)
{
    sigset_t now;

    CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
    CHECK(sigismember(&now, sig));     /* blocked while its handler runs */
    CHECK(sigismember(&now, SIGUSR2)); /* sa_mask */
    nested++;
    raise(SIGUSR2);
    CHECK_EQ(nested, 1); /* not delivered yet */
}

static void inner(int sig)
{
    (void)sig;
    nested += 10;
}

static sigjmp_buf jump;

static void leave(int sig)
{
    siglongjmp(jump, sig);
}

static int event;

static void *poke(void *arg)
{
    pthread_t target = *(pthread_t *)arg;
    struct timespec ms = {0, 5000000};
    uint64_t one = 1;

    nanosleep(&ms, NULL);
    pthread_kill(target, SIGUSR1);
    nanosleep(&ms, NULL);
    CHECK_EQ(write(event, &one, sizeof(one)), 8);
    return NULL;
}

/* A blocking read is cut short by a handler, or goes on after it with SA_RESTART. */
static void restart(int flags)
{
    pthread_t self = pthread_self(), t;
    uint64_t value = 0;

    install(SIGUSR1, count, flags);
    calls = 0;
    NEED(pthread_create(&t, NULL, poke, &self) == 0);
    if (flags & SA_RESTART)
        CHECK_EQ(read(event, &value, sizeof(value)), 8);
    else
        CHECK_ERRNO(read(event, &value, sizeof(value)), EINTR);
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(calls, 1);
    if (!(flags & SA_RESTART))
        CHECK_EQ(read(event, &value, sizeof(value)), 8);
    CHECK_EQ(value, 1);
}

/* Sends the process a signal and may be the one that takes it. */
static void *rival(void *arg)
{
    struct timespec ms = {0, 5000000};
    uint64_t one = 1;
    sigset_t none;

    (void)arg;
    sigemptyset(&none);
    nanosleep(&ms, NULL);
    CHECK_EQ(kill(getpid(), SIGUSR1), 0);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &none, NULL), 0);
    nanosleep(&ms, NULL);
    nanosleep(&ms, NULL);
    CHECK_EQ(write(event, &one, sizeof(one)), 8);
    return NULL;
}

/*
 * Whoever takes a signal of the process: a thread that waits is not kept from it by a signal it did
 * not get.
 */
static void taken_by_another(void)
{
    struct pollfd p = {.fd = event, .events = POLLIN};
    uint64_t value = 0;
    int cut_short = 0, ready;
    pthread_t t;

    install(SIGUSR1, count, SA_RESTART);
    calls = 0;
    NEED(pthread_create(&t, NULL, rival, NULL) == 0);
    CHECK_EQ(read(event, &value, sizeof(value)), 8);
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(calls, 1);

    NEED(pthread_create(&t, NULL, rival, NULL) == 0);
    while ((ready = poll(&p, 1, 10000)) < 0 && errno == EINTR && cut_short < 1000)
        cut_short++;
    CHECK_EQ(ready, 1);
    CHECK(cut_short <= 1);
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(calls, 2);
    CHECK_EQ(read(event, &value, sizeof(value)), 8);
}

int main(void)
{
    struct sigaction sa, old;
    sigset_t set, old_set, pending;
    siginfo_t si;
    struct timespec zero = {0, 0}, ms = {0, 20000000};
    static union sigval v; /* static: lives across siglongjmp */
    stack_t ss = {.ss_sp = altstack, .ss_size = sizeof(altstack)}, old_ss;

    test_begin("signals");
    install(SIGUSR1, count, 0);
    CHECK_EQ(raise(SIGUSR1), 0);
    CHECK_EQ(calls, 1);
    CHECK_EQ(kill(getpid(), SIGUSR1), 0);
    CHECK_EQ(calls, 2);
    CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
    CHECK(old.sa_handler == count);

    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = info;
    sa.sa_flags = SA_SIGINFO;
    NEED(sigaction(SIGUSR1, &sa, NULL) == 0);
    raise(SIGUSR1);
    CHECK_EQ(last_code, SI_TKILL);
    kill(getpid(), SIGUSR1);
    CHECK_EQ(last_code, SI_USER);
    v.sival_int = 1234;
    CHECK_EQ(sigqueue(getpid(), SIGUSR1, v), 0);
    CHECK_EQ(last_code, SI_QUEUE);
    CHECK_EQ(last_value, 1234);
    CHECK_EQ(calls, 5);

    /* Control words and rounding mode survive a handler. */
    CHECK_EQ(fesetround(FE_UPWARD), 0);
    raise(SIGUSR1);
    CHECK_EQ(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = outer;
    sigaddset(&sa.sa_mask, SIGUSR2);
    NEED(sigaction(SIGUSR1, &sa, NULL) == 0);
    install(SIGUSR2, inner, 0);
    raise(SIGUSR1);
    CHECK_EQ(nested, 11);
    sigprocmask(SIG_BLOCK, NULL, &set);
    CHECK(!sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2));

    install(SIGUSR1, count, SA_RESETHAND);
    raise(SIGUSR1);
    CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
    CHECK(old.sa_handler == SIG_DFL);

    CHECK_EQ(sigaltstack(NULL, &old_ss), 0);
    CHECK_EQ(old_ss.ss_flags, SS_DISABLE);
    ss.ss_flags = SS_ONSTACK; /* allowed, and without a meaning: musl does not pass it on */
    CHECK_EQ(syscall(SYS_sigaltstack, &ss, NULL), 0);
    ss.ss_flags = 0;
    install(SIGUSR1, alt, SA_ONSTACK);
    raise(SIGUSR1);
    CHECK_EQ(on_alt, 1);
    install(SIGUSR1, alt, 0);
    raise(SIGUSR1);
    CHECK_EQ(on_alt, 0);
    CHECK_EQ(sigaltstack(NULL, &old_ss), 0);
    CHECK(old_ss.ss_sp == altstack && old_ss.ss_flags == 0);
    alt_in_data(unused_data);
    alt_in_data(file_data);
    ss.ss_size = 16;
    CHECK_ERRNO(sigaltstack(&ss, NULL), ENOMEM);
    ss.ss_flags = SS_DISABLE;
    CHECK_EQ(sigaltstack(&ss, NULL), 0);
    CHECK_EQ(sigaltstack(NULL, &old_ss), 0);
    CHECK(old_ss.ss_flags == SS_DISABLE && old_ss.ss_size == 0);

    install(SIGUSR1, leave, 0);
    if (sigsetjmp(jump, 1) == 0) {
        raise(SIGUSR1);
        CHECK(!"came back");
    }
    sigprocmask(SIG_BLOCK, NULL, &set);
    CHECK(!sigismember(&set, SIGUSR1));

    /* Blocked: pending once for a standard signal, each time for a real-time one, in order. */
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGRTMIN + 1);
    CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old_set), 0);
    install(SIGUSR1, count, 0);
    calls = 0;
    raise(SIGUSR1);
    raise(SIGUSR1);
    CHECK_EQ(calls, 0);
    CHECK_EQ(sigpending(&pending), 0);
    CHECK(sigismember(&pending, SIGUSR1) && !sigismember(&pending, SIGUSR2));
    CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
    CHECK_EQ(calls, 1);
    CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    for (int i = 0; i < 3; i++) {
        v.sival_int = i;
        CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 1, v), 0);
        CHECK_EQ(sigqueue(getpid(), SIGRTMIN, v), 0);
    }
    for (int i = 0; i < 6; i++) {
        CHECK_EQ(sigwaitinfo(&set, &si), i < 3 ? SIGRTMIN : SIGRTMIN + 1);
        CHECK_EQ(si.si_value.sival_int, i % 3);
        CHECK_EQ(si.si_code, SI_QUEUE);
    }
    CHECK_ERRNO(sigtimedwait(&set, &si, &zero), EAGAIN);
    CHECK_ERRNO(sigtimedwait(&set, &si, &ms), EAGAIN);
    ms.tv_nsec = -1;
    CHECK_ERRNO(sigtimedwait(&set, &si, &ms), EINVAL);

    raise(SIGUSR1);
    calls = 0;
    CHECK_ERRNO(sigsuspend(&old_set), EINTR);
    CHECK_EQ(calls, 1);
    sigprocmask(SIG_BLOCK, NULL, &pending);
    CHECK(sigismember(&pending, SIGUSR1)); /* the mask is back */
    sigprocmask(SIG_SETMASK, &old_set, NULL);

    /* Ignored signals are not even pending. */
    CHECK(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
    raise(SIGUSR2);
    CHECK_EQ(kill(getpid(), SIGCHLD), 0);
    CHECK_EQ(kill(getpid(), 0), 0);

    event = eventfd(0, 0);
    NEED(event >= 0);
    restart(0);
    restart(SA_RESTART);
    taken_by_another();

    CHECK_ERRNO(kill(getpid(), 65), EINVAL);
    CHECK_ERRNO(kill(999999, 0), ESRCH);
    CHECK_ERRNO(sigaction(SIGKILL, &sa, NULL), EINVAL);
    CHECK_ERRNO(sigaction(0, NULL, &sa), EINVAL);
    return test_end();
}
