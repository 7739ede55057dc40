/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * check.h - one program, one verdict.
 *
 * A program here states promises of the Linux system-call interface with CHECK(). It is a static
 * executable that must come to the same verdict on Linux and in a domain. The last line it prints
 * is TEST <name>: SUCCESS|FAILURE|ERROR|SKIP FAILURE: a promise was broken. ERROR: the test itself
 * could not go on. SKIP: the system lacks what is tested; never a pass. A program that dies without
 * a verdict has failed.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failures;
static const char *check_name = "unnamed";

static inline void test_begin(const char *name)
{
    check_name = name;
    setvbuf(stdout, NULL, _IOLBF, 0);
}

static inline void verdict(const char *what, int status)
{
    printf("TEST %s: %s\n", check_name, what);
    fflush(stdout);
    exit(status);
}

static inline int test_end(void)
{
    verdict(check_failures ? "FAILURE" : "SUCCESS", check_failures ? 1 : 0);
    return 1;
}

#define CHECK(cond)                                                                               \
    do {                                                                                          \
        int check_errno = errno;                                                                  \
        if (!(cond)) {                                                                            \
            check_failures++;                                                                     \
            printf("%s:%d: broken: %s (errno was %d)\n", __FILE__, __LINE__, #cond, check_errno); \
        }                                                                                         \
    } while (0)

/* The call fails with this errno. */
#define CHECK_ERRNO(call, expected)                                                           \
    do {                                                                                      \
        errno = 0;                                                                            \
        long check_result = (long)(call);                                                     \
        if (check_result != -1 || errno != (expected)) {                                      \
            check_failures++;                                                                 \
            printf("%s:%d: %s gave %ld, errno %d instead of %d\n", __FILE__, __LINE__, #call, \
                   check_result, errno, (expected));                                          \
        }                                                                                     \
    } while (0)

/* The values are equal; shows both when not. */
#define CHECK_EQ(a, b)                                                                        \
    do {                                                                                      \
        long check_a = (long)(a), check_b = (long)(b);                                        \
        if (check_a != check_b) {                                                             \
            check_failures++;                                                                 \
            printf("%s:%d: %s is %ld, not %ld (errno %d)\n", __FILE__, __LINE__, #a, check_a, \
                   check_b, errno);                                                           \
        }                                                                                     \
    } while (0)

/* What the test cannot go on without. */
#define NEED(cond)                                                                            \
    do {                                                                                      \
        if (!(cond)) {                                                                        \
            printf("%s:%d: cannot go on: %s (errno %d)\n", __FILE__, __LINE__, #cond, errno); \
            verdict("ERROR", 2);                                                              \
        }                                                                                     \
    } while (0)

#endif
