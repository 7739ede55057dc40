/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Memory asked for ahead (MAP_POPULATE) until there is no more: the answer is ENOMEM, and what was
 * given back can be had again. An address-space limit keeps the Linux side small; a domain ends at
 * its own memory.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/resource.h>

#include "check.h"

#define CHUNK  (1ul << 20)
#define LIMIT  (256ul << 20)
#define CHUNKS (LIMIT / CHUNK + 1)

static char *chunk[CHUNKS];

static size_t fill(void)
{
    size_t n = 0;

    while (n < CHUNKS) {
        chunk[n] = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (chunk[n] == MAP_FAILED)
            break;
        chunk[n][0] = 1;
        chunk[n][CHUNK - 1] = 1;
        n++;
    }
    return n;
}

int main(void)
{
    struct rlimit limit = {LIMIT, LIMIT};
    size_t first, again;

    test_begin("exhaust");
    NEED(setrlimit(RLIMIT_AS, &limit) == 0);
    errno = 0;
    first = fill();
    CHECK_EQ(errno, ENOMEM);
    CHECK(first > 0 && first < CHUNKS);
    for (size_t i = 0; i < first; i++)
        CHECK_EQ(munmap(chunk[i], CHUNK), 0);
    errno = 0;
    again = fill();
    CHECK_EQ(errno, ENOMEM);
    CHECK_EQ(again, first);
    return test_end();
}
