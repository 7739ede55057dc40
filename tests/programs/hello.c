/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Start-up: arguments, environment, auxiliary vector, initialised and zeroed data, constructors. */
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static int initialised = 42;
static char zeroed[100000];
static int constructed;

__attribute__((constructor)) static void construct(void)
{
    constructed = initialised;
}

int main(int argc, char **argv)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    test_begin("hello");
    /* For the test that knows when the kernel was entered. */
    printf("main entered at %lld ns\n", now.tv_sec * 1000000000ll + now.tv_nsec);
    CHECK(argc >= 1 && argv[0] && argv[0][0]);
    CHECK(argv[argc] == NULL);
    CHECK_EQ(constructed, 42);
    for (size_t i = 0; i < sizeof(zeroed); i++)
        NEED(zeroed[i] == 0);
    CHECK_EQ(getauxval(AT_PAGESZ), 4096);
    CHECK(getauxval(AT_PHDR) != 0);
    CHECK(getauxval(AT_RANDOM) != 0);
    CHECK_EQ(sysconf(_SC_PAGESIZE), 4096);
    CHECK(setenv("NAME", "value", 1) == 0 && strcmp(getenv("NAME"), "value") == 0);
    return test_end();
}
