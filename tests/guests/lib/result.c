/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * Start and end of a micro-guest: the fixed grammar on the console.
 *
 *   TEST name: BEGIN title
 *   NOTE name: text            any number, for people
 *   DATA name: key=value ...   any number, for the harness
 *   FAIL name: text            one for each failed check
 *   TEST name: SUCCESS         last line, exactly one of SUCCESS SKIP ERROR FAILURE
 *
 * Why the last line is followed by a pause: with the guest's end the toolstack takes the device
 * model away, and with it output nobody has read yet.
 */

#include "guest.h"

static unsigned checks_made, checks_failed;

static void vline(const char *kind, const char *fmt, va_list ap)
{
    print("%s %s: ", kind, test_name);
    vprint(fmt, ap);
    console_puts("\n");
}

static _Noreturn void finish(const char *ending)
{
    print("TEST %s: %s\n", test_name, ending);
    console_drain();
    time_sleep(500);
    acpi_poweroff();
    cpu_stop();
}

bool check_that(bool ok, const char *fmt, ...)
{
    checks_made++;
    if (!ok) {
        va_list ap;
        checks_failed++;
        va_start(ap, fmt);
        vline("FAIL", fmt, ap);
        va_end(ap);
    }
    return ok;
}

void note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vline("NOTE", fmt, ap);
    va_end(ap);
}

void data(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vline("DATA", fmt, ap);
    va_end(ap);
}

void test_skip(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vline("NOTE", fmt, ap);
    va_end(ap);
    finish("SKIP");
}

void test_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vline("NOTE", fmt, ap);
    va_end(ap);
    finish("ERROR");
}

void test_failure(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vline("FAIL", fmt, ap);
    va_end(ap);
    finish("FAILURE");
}

void test_done(void)
{
    if (checks_made == 0)
        test_error("the test ended without a single check");
    note("%u checks, %u failed", checks_made, checks_failed);
    finish(checks_failed ? "FAILURE" : "SUCCESS");
}

/* Called by boot.S. */
_Noreturn void guest_start(void);

_Noreturn void guest_start(void)
{
    console_init();
    irq_init();
    print("TEST %s: BEGIN %s\n", test_name, test_title);
    test_main();
    test_done();
}
