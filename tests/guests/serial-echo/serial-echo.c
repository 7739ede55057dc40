/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * serial-echo: what the host types on the guest's serial port reaches the guest.
 *
 * The guest prints "NOTE serial-echo: send=LINE"; the harness then writes exactly that line and a
 * newline to the port. The guest takes it by interrupt and compares. Without any input within the
 * time limit the ending is SKIP: then nobody was there to type.
 *
 * Parameters: send (the expected line), wait (seconds, 30).
 */

#include "guest.h"

const char test_name[] = "serial-echo";
const char test_title[] = "input from the host on the serial port";

#define LSR    (COM1 + 5)
#define LSR_DR 1
#define IER    (COM1 + 1)

static char expected[80], line[80];

static bool take(unsigned *n)
{
    while (inb(LSR) & LSR_DR) {
        /* Reading withdraws the request: let it through first. */
        irq_window();
        char c = (char)inb(COM1);
        if (c == '\n' || c == '\r')
            return *n > 0;
        if (*n < sizeof(line) - 1)
            line[(*n)++] = c;
    }
    irq_enable(COM1_IRQ);
    return false;
}

void test_main(void)
{
    unsigned n = 0;
    if (!param("send", expected, sizeof(expected)))
        test_error("parameter send is missing");
    uint32_t before = irq_arm(COM1_IRQ);
    outb(IER, 1);
    note("send=%s", expected);
    bool whole = wait_for(take(&n), param_u32("wait", 30) * 1000);
    outb(IER, 0);
    irq_disable(COM1_IRQ);
    if (n == 0)
        test_skip("no input");
    check(whole, "the line did not end");
    line[n] = 0;
    data("got=%s", line);
    check(n == strlen(expected) && memcmp(line, expected, n) == 0, "a different line: %s", line);
    check(irq_count(COM1_IRQ) != before, "no interrupt");
}
