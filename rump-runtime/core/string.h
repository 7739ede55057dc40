/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The C11 <string.h> functions the kernel uses (a compiler may emit calls to the mem* ones). */
#ifndef CORE_STRING_H
#define CORE_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *haystack, const char *needle);

/* For the compiler, which knows most sizes: those become moves. */
#define memcpy(dst, src, n) __builtin_memcpy(dst, src, n)
#define memset(dst, c, n)   __builtin_memset(dst, c, n)

/* Copies at most size-1 bytes and terminates; returns strlen(src) (BSD strlcpy). */
size_t kstrlcpy(char *dst, const char *src, size_t size);

/*
 * The whole string as an unsigned number in `base` (10 or 16), nothing before or after it. Returns
 * false for anything else and on overflow; *value is untouched then.
 */
bool kparse_u64(const char *s, unsigned base, uint64_t *value);

#endif
