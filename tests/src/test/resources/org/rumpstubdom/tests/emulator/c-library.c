/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Exercises what the musl overlay replaces: threads, cancellation, detached threads, signals,
 * contexts, processes. Prints one line "ok NAME" for each part and stops at the first failure. With
 * the argument "threads" it leaves out what needs processes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define CHECK(what)                                                     \
    do {                                                                \
        if (!(what)) {                                                  \
            printf("line %d: %s (errno %d)\n", __LINE__, #what, errno); \
            exit(1);                                                    \
        }                                                               \
    } while (0)

enum { ROUNDS = 200, STACK = 200000, PAGE = 4096 };

extern char **environ;
static __thread int thread_local_value = 7;
static int pipe_ends[2];

static void *add_one(void *p)
{
    CHECK(thread_local_value == 7);
    thread_local_value = 8;
    return (char *)p + 1;
}

static void test_threads(void)
{
    pthread_t thread;
    void *result;

    for (uintptr_t i = 0; i < ROUNDS; i++) {
        CHECK(!pthread_create(&thread, NULL, add_one, (void *)i));
        CHECK(!pthread_join(thread, &result));
        CHECK(result == (void *)(i + 1));
    }
    CHECK(thread_local_value == 7);
    puts("ok threads");
}

static void note_cleanup(void *p)
{
    *(int *)p = 1;
}

static void *block_in_read(void *p)
{
    char c;

    pthread_cleanup_push(note_cleanup, p);
    (void)!read(pipe_ends[0], &c, 1);
    pthread_cleanup_pop(0);
    return NULL;
}

/* Before the call and, after a pause, blocked in it: both must be interrupted, none may hang. */
static void test_cancellation(void)
{
    CHECK(!pipe(pipe_ends));
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t thread;
        void *result;
        int cleaned = 0;

        CHECK(!pthread_create(&thread, NULL, block_in_read, &cleaned));
        if (i & 1)
            usleep(500);
        CHECK(!pthread_cancel(thread));
        CHECK(!pthread_join(thread, &result));
        CHECK(result == PTHREAD_CANCELED);
    }
    puts("ok cancellation");
}

static int ended;

static void *count(void *p)
{
    (void)p;
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Detached threads unmap the stack they run on. */
static void test_detached(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    CHECK(!pthread_attr_init(&attributes));
    CHECK(!pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED));
    for (int i = 0; i < ROUNDS; i++)
        CHECK(!pthread_create(&thread, &attributes, count, NULL));
    while (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < ROUNDS)
        usleep(100);
    puts("ok detached");
}

static volatile int signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static void test_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    CHECK(!sigaction(SIGUSR1, &action, NULL));
    for (int i = 0; i < ROUNDS; i++)
        CHECK(!raise(SIGUSR1));
    CHECK(signals == ROUNDS);
    puts("ok signals");
}

static ucontext_t main_context, other;
static long arguments[8];
static int trace[4], traced;

static void other_main(long a, long b, long c, long d, long e, long f, long g, long h)
{
    long all[8] = {a, b, c, d, e, f, g, h};

    memcpy(arguments, all, sizeof arguments);
    /* The ABI's alignment at entry: with the frame pointer pushed it is a multiple of 16. */
    CHECK(((uintptr_t)__builtin_frame_address(0) & 15) == 0);
    trace[traced++] = 1;
    CHECK(!swapcontext(&other, &main_context));
    trace[traced++] = 3;
}

static void test_contexts(void)
{
    unsigned char present[STACK / PAGE + 1];
    sigset_t usr2, mask;
    int pages = 0;
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(stack != MAP_FAILED);
    CHECK(!madvise(stack, STACK, MADV_NOHUGEPAGE) || errno == EINVAL || errno == ENOSYS);
    CHECK(!getcontext(&other));
    other.uc_stack.ss_sp = stack;
    other.uc_stack.ss_size = STACK;
    other.uc_link = &main_context;
    makecontext(&other, (void (*)(void))other_main, 8, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
    if (!mincore(stack, STACK, present)) {
        for (int i = 0; i <= STACK / PAGE; i++)
            pages += present[i] & 1;
        /* 64 KiB from an address inside a page: 17 pages. */
        CHECK(pages == 17);
    }
    CHECK(!swapcontext(&main_context, &other));
    trace[traced++] = 2;
    for (long i = 0; i < 8; i++)
        CHECK(arguments[i] == i + 1);
    /* What is changed here must be unchanged by the other context's end. */
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    CHECK(!pthread_sigmask(SIG_BLOCK, &usr2, NULL));
    CHECK(!fesetround(FE_UPWARD));
    CHECK(!swapcontext(&main_context, &other));
    trace[traced++] = 4;
    CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &mask));
    CHECK(sigismember(&mask, SIGUSR2) == 1);
    CHECK(fegetround() == FE_UPWARD);
    CHECK(!fesetround(FE_TONEAREST));
    for (int i = 0; i < 4; i++)
        CHECK(trace[i] == i + 1);
    CHECK(!munmap(stack, STACK));
    puts("ok contexts");
}

static void test_processes(void)
{
    char *const true_arguments[] = {"true", NULL};
    int status;
    pid_t child = vfork();

    if (!child)
        _exit(5);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5);
    child = fork();
    if (!child)
        _exit(6);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 6);
    CHECK(!posix_spawn(&child, "/bin/true", NULL, NULL, true_arguments, environ));
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    puts("ok processes");
}

static void test_no_processes(void)
{
    CHECK(vfork() == -1 && errno == ENOSYS);
    CHECK(fork() == -1 && errno == ENOSYS);
    puts("ok no processes");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    test_threads();
    test_detached();
    test_signals();
    test_contexts();
    if (argc > 1 && !strcmp(argv[1], "kernel")) {
        test_no_processes();
    } else {
        test_cancellation();
        test_processes();
    }
    puts("done");
    return 0;
}
