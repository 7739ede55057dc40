/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Allocations that fail when the test says so (core/scarcity.h). */
#include "core/scarcity.h"

#include "platform/hosted/internal.h"

static struct {
    uint64_t asked; /* since hosted_scarcity() */
    uint64_t first, count;
} scarcity;

bool scarcity_refuses(void)
{
    uint64_t number = scarcity.asked++;

    return number >= scarcity.first && number - scarcity.first < scarcity.count;
}

void hosted_scarcity(uint64_t first, uint64_t count)
{
    scarcity.asked = 0;
    scarcity.first = first;
    scarcity.count = count;
}

uint64_t hosted_allocations(void)
{
    return scarcity.asked;
}
