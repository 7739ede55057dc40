/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Console messages, the ring of recent ones, and panic. */
#include <stdbool.h>
#include <stdint.h>

#include "core/log.h"
#include "core/panic.h"
#include "core/string.h"
#include "platform/platform.h"

#define LINE_MAX   240
#define RING_LINES 32 /* shown by a panic; also what was too detailed for the console */

enum log_level log_level = LOG_INFO;

static struct {
    char line[RING_LINES][LINE_MAX];
    bool shown[RING_LINES];
    unsigned next;
} ring;

void log_printf(enum log_level level, const char *fmt, ...)
{
    static uint64_t start; /* of the log: the first message is at 0 */
    char *line = ring.line[ring.next];
    uint64_t now = plat_monotonic(), ms;
    va_list ap;
    int n;

    if (!start)
        start = now;
    ms = (now - start) / 1000000;
    n = ksnprintf(line, LINE_MAX, "[%4u.%03u] %s", (unsigned)(ms / 1000), (unsigned)(ms % 1000),
                  level == LOG_ERROR     ? "error: "
                  : level == LOG_WARNING ? "warning: "
                                         : "");
    va_start(ap, fmt);
    n += kvsnprintf(line + n, LINE_MAX - (size_t)n - 1, fmt, ap);
    va_end(ap);
    if (n > LINE_MAX - 2)
        n = LINE_MAX - 2;
    line[n] = '\n';
    line[n + 1] = '\0';
    ring.shown[ring.next] = level <= log_level;
    if (ring.shown[ring.next])
        plat_console_write(line, (size_t)n + 1);
    ring.next = (ring.next + 1) % RING_LINES;
}

void panic_print(const char *fmt, ...)
{
    char line[LINE_MAX];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = kvsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    plat_console_write(line, n < LINE_MAX ? (size_t)n : LINE_MAX - 1);
}

static void print_hidden_lines(void)
{
    bool header = false;

    for (unsigned i = 0; i < RING_LINES; i++) {
        unsigned k = (ring.next + i) % RING_LINES;

        if (!ring.line[k][0] || ring.shown[k])
            continue;
        if (!header)
            panic_print("last messages not shown before:\n");
        header = true;
        plat_console_write(ring.line[k], strlen(ring.line[k]));
    }
}

void panic(const char *fmt, ...)
{
    static bool panicking;
    char text[LINE_MAX];
    va_list ap;

    va_start(ap, fmt);
    kvsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    panic_print("panic: %s\n", text);
    /* A panic inside the report must not start another one. */
    if (!panicking) {
        panicking = true;
        panic_backtrace((uintptr_t)__builtin_frame_address(0));
        print_hidden_lines();
    }
    plat_end(PLAT_END_CRASH);
}
