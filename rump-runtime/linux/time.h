/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * time.h - clocks and time-outs of the Linux layer. Times are ns; deadlines are those of
 * thread_sleep().
 */
#ifndef LINUX_TIME_H
#define LINUX_TIME_H

#include <stdint.h>

#include "linux/abi.h"

#define NS_PER_SEC 1000000000ull
/*
 * Times of the program end here, in 146 years: the sum of two still fits in int64_t, as Xen counts.
 */
#define NS_MAX ((uint64_t)INT64_MAX / 2)

/* A timespec as ns, at most NS_MAX. -EINVAL when negative or with too many nanoseconds. */
int timespec_to_ns(const struct linux_timespec *ts, uint64_t *ns);
int timespec_from_user(uintptr_t uts, uint64_t *ns);
struct linux_timespec timespec_of_ns(uint64_t ns);
int timespec_to_user(uintptr_t uts, uint64_t ns);
struct linux_timeval timeval_of_ns(uint64_t ns);
int timeval_to_ns(const struct linux_timeval *tv, uint64_t *ns);

/* The present time of a clock; -EINVAL for one we do not have. */
int clock_read(int clock, uint64_t *ns);

/* The deadline `ns` (at most NS_MAX) from now. */
uint64_t deadline_after(uint64_t ns);
/*
 * The deadline at which `clock` (realtime or monotonic families) reads `ns`. -EINVAL for other
 * clocks.
 */
int time_deadline_at(int clock, uint64_t ns, uint64_t *deadline);
/* The deadline of a relative timespec of the program. */
int time_deadline_in(uintptr_t uts, uint64_t *deadline);
/* ns left until a deadline, 0 when it passed. */
uint64_t time_left(uint64_t deadline);

#endif
