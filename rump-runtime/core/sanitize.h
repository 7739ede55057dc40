/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * sanitize.h - tells AddressSanitizer which bytes of the kernel's memory are in use, so that the
 * hosted tests see an access to a freed page or beyond an object. Nothing in any other build.
 */
#ifndef CORE_SANITIZE_H
#define CORE_SANITIZE_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZE_MEMORY 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZE_MEMORY 1
#endif

#ifdef SANITIZE_MEMORY
#include <sanitizer/asan_interface.h>
#endif

static inline void sanitize_allow(const volatile void *p, size_t n)
{
#ifdef SANITIZE_MEMORY
    __asan_unpoison_memory_region(p, n);
#else
    (void)p, (void)n;
#endif
}

static inline void sanitize_forbid(const volatile void *p, size_t n)
{
#ifdef SANITIZE_MEMORY
    __asan_poison_memory_region(p, n);
#else
    (void)p, (void)n;
#endif
}

#endif
