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

#define NS_PER_MINUTE UINT64_C(60000000000)

enum log_level log_level = LOG_INFO;

/* What may still be written in this minute. */
static struct quota {
    const char *whose;
    bool limited;
    uint64_t minute; /* when it began */
    size_t bytes, dropped_lines;
} kernel_quota = {.whose = "the kernel's", .limited = true},
  program_quota = {.whose = "the program's"};

static struct {
    char line[RING_LINES][LINE_MAX];
    bool shown[RING_LINES];
    unsigned next;
} ring;

/* ---- the limit ------------------------------------------------------------------------------- */

static void tell_dropped(struct quota *q)
{
    if (q->dropped_lines != 0)
        panic_print("[%zu of %s lines dropped]\n", q->dropped_lines, q->whose);
    q->dropped_lines = 0;
}

static void write_within(struct quota *q, const char *text, size_t n)
{
    uint64_t now = plat_monotonic();

    if (now - q->minute >= NS_PER_MINUTE) {
        tell_dropped(q);
        q->minute = now;
        q->bytes = 0;
    }
    if (q->limited && log_level < LOG_DEBUG && n > LOG_BYTES_PER_MINUTE - q->bytes) {
        for (size_t i = 0; i < n; i++)
            q->dropped_lines += text[i] == '\n';
        q->bytes = LOG_BYTES_PER_MINUTE; /* no shorter piece after one that was dropped */
        return;
    }
    if (q->limited && log_level < LOG_DEBUG)
        q->bytes += n;
    plat_console_write(text, n);
}

void log_limit_program(void)
{
    program_quota.limited = true;
}

void log_program_text(const char *text, size_t n)
{
    write_within(&program_quota, text, n);
}

/* ---- messages -------------------------------------------------------------------------------- */

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
        write_within(&kernel_quota, line, (size_t)n + 1);
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
    tell_dropped(&program_quota);
    tell_dropped(&kernel_quota);
    panic_print("panic: %s\n", text);
    /* A panic inside the report must not start another one. */
    if (!panicking) {
        panicking = true;
        panic_backtrace((uintptr_t)__builtin_frame_address(0));
        print_hidden_lines();
    }
    plat_end(PLAT_END_CRASH);
}
