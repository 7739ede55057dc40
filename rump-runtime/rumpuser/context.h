/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * context.h - the rump kernel's CPU context, for drivers and for this room: one thread at a time
 * has it (rumpuser(3), "Scheduling"). Whoever calls into the rump kernel needs it; whoever was
 * called by the rump kernel has it, and must not block with it.
 */
#ifndef RUMPUSER_CONTEXT_H
#define RUMPUSER_CONTEXT_H

/*
 * Called by the rump kernel and about to block: give the context up, then take it back with what
 * rumpuser_unschedule() returned. interlock: the mutex of a cv_wait, or NULL; the same in both.
 */
int rumpuser_unschedule(void *interlock);
void rumpuser_schedule(int nlocks, void *interlock);

/*
 * For threads of our own that call into the rump kernel: the first call gives the thread an lwp of
 * process 0. Pairs; do not nest.
 */
void rumpuser_enter_kernel(void);
void rumpuser_leave_kernel(void);

#endif
