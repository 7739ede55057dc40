/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* timer.h - the scheduler's side of timers; users see struct timer in thread.h. */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "core/thread.h"

/* Runs every timer whose deadline is not after `now` (monotonic ns). */
void timers_run(uint64_t now);

/* The earliest deadline, NO_DEADLINE when no timer is armed. */
uint64_t timers_next(void);

#endif
