/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * What a program asks about itself and its system: identity, limits, names, scheduling, randomness,
 * deep stacks.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/*
 * A deep stack, grown with a system call every 16 KiB: in a domain a stack may grow by 64 KiB
 * between two system calls (a page fault is delivered on the stack it is about).
 */
static int depth(int n)
{
    volatile char frame[1024];

    frame[0] = (char)n;
    frame[1023] = (char)n;
    if (n % 16 == 0)
        CHECK(getppid() >= 0);
    if (n == 0)
        return 0;
    return depth(n - 1) + (frame[0] == frame[1023]);
}

static void *deep_thread(void *arg)
{
    CHECK_EQ(depth(60), 60); /* musl's smallest default stack is 128 KiB */
    return arg;
}

int main(void)
{
    struct utsname u;
    struct sysinfo si;
    struct rusage ru;
    struct rlimit rl;
    struct sched_param sp;
    char name[16], random[2][32];
    cpu_set_t cpus;
    pthread_t t;
    int status;

    test_begin("system");
    CHECK(uname(&u) == 0 && strcmp(u.sysname, "Linux") == 0 && strcmp(u.machine, "x86_64") == 0);
    CHECK(sysinfo(&si) == 0 && si.totalram > 0 && si.freeram <= si.totalram && si.mem_unit > 0);
    CHECK(getrusage(RUSAGE_SELF, &ru) == 0 && ru.ru_utime.tv_sec >= 0);
    CHECK_ERRNO(getrusage(77, &ru), EINVAL);
    CHECK(getrlimit(RLIMIT_STACK, &rl) == 0 && rl.rlim_cur >= 1 << 20);
    CHECK_ERRNO(getrlimit(99, &rl), EINVAL);
    rl.rlim_cur = 10;
    rl.rlim_max = 5;
    CHECK_ERRNO(setrlimit(RLIMIT_STACK, &rl), EINVAL);
    CHECK(getpid() > 0 && getpgid(0) >= 0 && getsid(0) >= 0);
    CHECK_EQ(getpgrp(), getpgid(0));
    CHECK_ERRNO(getpgid(999999), ESRCH);
    CHECK_EQ(getuid(), geteuid());
    CHECK_EQ(getgid(), getegid());
    CHECK(getgroups(0, NULL) >= 0);
    CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);

    CHECK_EQ(prctl(PR_SET_NAME, "a-name-too-long-for-it"), 0);
    CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "a-name-too-long") == 0);
    CHECK_ERRNO(prctl(123456), EINVAL);
    CHECK_EQ(pthread_setname_np(pthread_self(), "thread"), 0);

    CHECK_EQ(getrandom(random[0], 32, 0), 32);
    CHECK_EQ(getrandom(random[1], 32, GRND_NONBLOCK), 32);
    CHECK(memcmp(random[0], random[1], 32) != 0);
    CHECK_ERRNO(getrandom(random, 1, 0x100), EINVAL);
    CHECK_ERRNO(getrandom((void *)16, 1, 0), EFAULT);

    CHECK_EQ(sched_yield(), 0);
    CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
    CHECK(syscall(SYS_sched_getparam, 0, &sp) == 0 && sp.sched_priority == 0);
    CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
    CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
    CHECK_ERRNO(sched_get_priority_max(77), EINVAL);
    CHECK_EQ(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
    CHECK(CPU_COUNT(&cpus) >= 1);
    CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    CHECK_EQ(setpriority(PRIO_PROCESS, 0, 19), 0);
    CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
    CHECK_ERRNO(getpriority(99, 0), EINVAL);
    CHECK(sched_getcpu() >= 0);

    CHECK_ERRNO(syscall(9999), ENOSYS);
    CHECK_ERRNO(syscall(SYS_arch_prctl, 0x1234, 0), EINVAL);
    CHECK_EQ(depth(500), 500); /* 512 KiB of stack */
    NEED(pthread_create(&t, NULL, deep_thread, NULL) == 0);
    CHECK_EQ(pthread_join(t, NULL), 0);
    return test_end();
}
