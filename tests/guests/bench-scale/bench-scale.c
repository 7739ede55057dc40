/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-scale: what an access to a port takes while other guests access theirs. After the line
 * "ready" it waits for a line on the serial port, so that all guests begin together.
 *
 *  - port-read: the serial port's scratch register
 * Parameter n: samples, 1000 without it.
 */

#include "bench.h"

const char test_name[] = "bench-scale";
const char test_title[] = "accesses to a port, beside other guests";

#define SCRATCH (COM1 + 7)

void test_main(void)
{
    unsigned n = param_u32("n", 1000);
    note("ready");
    while (!console_line())
        cpu_wait();
    BENCH("port-read", n, PORTS(1), (void)inb(SCRATCH));
}
