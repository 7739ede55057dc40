/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * scarcity.h - lets a hosted test say which allocations fail, so that each of them is seen to fail.
 * In any other build none is refused.
 */
#ifndef CORE_SCARCITY_H
#define CORE_SCARCITY_H

#include <stdbool.h>

#ifdef PLATFORM_HOSTED
/* To be asked once by each allocation: is it to fail? */
bool scarcity_refuses(void);
#else
static inline bool scarcity_refuses(void)
{
    return false;
}
#endif

#endif
