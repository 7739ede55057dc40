/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * log.h - messages on console 0, formatting, and the end by panic.
 *
 * Formats: the C11 printf conversions d i u x X c s p % with flags '-' '0' '+' ' ' '#', width and
 * precision (numbers or *), and the lengths hh h l ll z j t. No floating point.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdarg.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/*
 * Messages above this level are not shown on the console, but kept for a panic. "loglevel=" sets
 * it.
 */
extern enum log_level log_level;

/*
 * What others can cause must not fill the disk that console 0 is written to: in each minute the
 * kernel's messages may have LOG_BYTES_PER_MINUTE, and so may the program's once
 * log_limit_program() was called. What is too much is dropped; how many lines that were is said
 * when the minute is over, or by a panic. With "loglevel=3" nothing is dropped: who asks for
 * everything gets it.
 */
#define LOG_BYTES_PER_MINUTE ((size_t)16 << 10)
void log_limit_program(void);

/* Text of the program for console 0. */
void log_program_text(const char *text, size_t n);

/* One line; the newline is added. Prefix: seconds since start. */
void log_printf(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...)   log_printf(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_printf(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_printf(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_printf(LOG_DEBUG, __VA_ARGS__)

/* As C11 snprintf/vsnprintf, with the formats above. */
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int ksnprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Prints the message, registers or backtrace, the last log lines; ends the domain as crashed. */
void panic(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* A kernel invariant. Never for input from outside. */
#define kassert(cond)                                                         \
    do {                                                                      \
        if (!(cond))                                                          \
            panic("assertion failed: %s (%s:%d)", #cond, __FILE__, __LINE__); \
    } while (0)

#endif
