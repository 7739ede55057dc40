/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Samples of a figure, and what is told of them. */

#include "bench.h"

static uint32_t samples[BENCH_MAX];
static unsigned count;
static uint64_t last;

/* The quotient, cut to 32 bits: there is no library for 64-bit division. */
static uint32_t divide(uint64_t a, uint32_t b)
{
    uint32_t high = (uint32_t)(a >> 32), quotient, rest;
    if (high >= b)
        return 0xffffffff;
    __asm__("divl %4" : "=a"(quotient), "=d"(rest) : "0"((uint32_t)a), "1"(high), "rm"(b) : "cc");
    return quotient;
}

static void sift_down(unsigned root, unsigned end)
{
    for (;;) {
        unsigned child = 2 * root + 1;
        if (child >= end)
            return;
        if (child + 1 < end && samples[child] < samples[child + 1])
            child++;
        if (samples[root] >= samples[child])
            return;
        uint32_t swapped = samples[root];
        samples[root] = samples[child];
        samples[child] = swapped;
        root = child;
    }
}

static void heap_sort(void)
{
    for (unsigned i = count / 2; i-- > 0;)
        sift_down(i, count);
    for (unsigned end = count; end-- > 1;) {
        uint32_t largest = samples[0];
        samples[0] = samples[end];
        samples[end] = largest;
        sift_down(0, end);
    }
}

void bench_begin(void)
{
    count = 0;
    BENCH_MARK(BENCH_MARK_FIGURE);
    bench_resume();
}

void bench_resume(void)
{
    last = bench_ticks();
    BENCH_MARK(BENCH_MARK_OPEN);
}

void bench_sample(void)
{
    uint64_t now, passed;
    BENCH_MARK(BENCH_MARK_CLOSE);
    now = bench_ticks();
    passed = now - last;
    if (count == BENCH_MAX)
        test_error("more than %u samples", BENCH_MAX);
    samples[count++] = passed > 0xffffffff ? 0xffffffff : (uint32_t)passed;
    bench_resume();
}

void bench_end(const char *name, unsigned each, struct bench_accesses accesses)
{
    uint64_t sum = 0;
    BENCH_MARK(BENCH_MARK_END);
    if (count == 0)
        test_error("%s: no samples", name);
    for (unsigned i = 0; i < count; i++)
        sum += samples[i];
    heap_sort();
    data("figure=%s n=%u each=%u mean=%u median=%u least=%u most=%u ports=%u memory=%u", name,
         count, each, divide(sum + count * each / 2, count * each), samples[count / 2] / each,
         samples[0] / each, samples[count - 1] / each, accesses.ports, accesses.memory);
    check(true, "measured");
}

void bench_frequency(void)
{
    uint32_t tick = time_ticks();
    while (time_ticks() == tick)
        cpu_wait();
    uint64_t begin = bench_ticks();
    tick = time_ticks();
    while (time_ticks() - tick < 50)
        cpu_wait();
    data("ticks_per_ms=%u", divide(bench_ticks() - begin, 500));
}

uint32_t bench_random(void)
{
    /* Numerical Recipes' generator; its high bits are the good ones. */
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return state >> 8;
}
