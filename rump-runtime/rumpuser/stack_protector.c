/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * stack_protector.c - what gcc's stack protector calls, as NetBSD's gcc has it: one word for all
 * threads that functions put beside their arrays and compare when they return. A NetBSD release is
 * compiled with it, and its librump has these two in some releases only; weak, so that its own come
 * first.
 */
#include "core/log.h"
#include "rumpuser/internal.h"

void __stack_chk_fail(void);

__attribute__((weak)) uintptr_t __stack_chk_guard;

/* Not part of rumpuser_init(): the function that calls that has taken its copy by then. */
void rumpuser_protect_stacks(void)
{
    plat_random(&__stack_chk_guard, sizeof(__stack_chk_guard));
}

__attribute__((weak)) void __stack_chk_fail(void)
{
    panic("rump kernel: a function wrote beyond its array on the stack, and returns to %p",
          __builtin_return_address(0));
}
