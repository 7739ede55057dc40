/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * Measuring with the time-stamp counter. The configurations of guests that measure have
 * tsc_mode = "native": reading the counter is then no exit to the hypervisor, and in the emulated
 * host it counts the host's instructions.
 */
#ifndef BENCH_H
#define BENCH_H

#include "guest.h"

/* Most samples of one figure. */
#define BENCH_MAX 4000

/* What one operation of a figure asks of the device's registers, for the least it can cost. */
struct bench_accesses {
    unsigned ports;  /* accesses to ports */
    unsigned memory; /* accesses to memory-mapped registers */
};

/*
 * For a profile, in which the emulator counts what the host executes between marks: an instruction
 * that does nothing, with one of the numbers below. The command line's profile-plugin.c tells more.
 */
#define BENCH_MARK(number)                                                    \
    __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00\n\t.long 0x52534200 + %c0" \
                     :                                                        \
                     : "i"(number)                                            \
                     : "memory")
#define BENCH_MARK_FIGURE 1 /* a figure begins */
#define BENCH_MARK_OPEN   2 /* a sample begins */
#define BENCH_MARK_CLOSE  3 /* it is taken */
#define BENCH_MARK_END    4 /* the figure is complete */

static inline uint64_t bench_ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* Begins a figure. */
void bench_begin(void);

/* Takes the ticks since bench_begin(), bench_sample() or bench_resume() as one sample. */
void bench_sample(void);

/* Leaves out of the next sample what was done since the last one. */
void bench_resume(void);

/*
 * Ends a figure and prints it:
 *   DATA guest: figure=NAME n=SAMPLES each= mean= median= least= most= ports= memory=
 * each: operations in one sample; all numbers of ticks are for one operation. ports and memory are
 * those of the operation. Work that others do later falls into the mean, not always into the
 * median.
 */
void bench_end(const char *name, unsigned each, struct bench_accesses accesses);

/* Measures an operation n times, after a few that are not counted. */
#define BENCH(name, n, accesses, operation)                                \
    do {                                                                   \
        for (unsigned bench_i_ = 0; bench_i_ < (n) / 10 + 4; bench_i_++) { \
            operation;                                                     \
        }                                                                  \
        bench_begin();                                                     \
        for (unsigned bench_i_ = 0; bench_i_ < (n); bench_i_++) {          \
            operation;                                                     \
            bench_sample();                                                \
        }                                                                  \
        bench_end(name, 1, accesses);                                      \
    } while (0)

#define PORTS(n)  ((struct bench_accesses){.ports = (n)})
#define MEMORY(n) ((struct bench_accesses){.memory = (n)})

/* "DATA guest: ticks_per_ms=N", by the PIT: what a tick is where it is not an instruction. */
void bench_frequency(void);

/* The same pseudo-random numbers in each run. */
uint32_t bench_random(void);

#endif
