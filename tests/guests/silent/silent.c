/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * silent: says its last words, then never another one. For tests of the harness: a guest that spins
 * without a word has to be noticed and ended in time, and what a guest says in its last moment must
 * not be lost.
 *
 * With then=spin the guest computes for ever, with interrupts off. With then=off it powers off at
 * once, without the half second other guests leave the host to listen. It has no ending line.
 *
 * Parameters: then (spin or off), lines (of output before the last words, 0).
 */

#include "guest.h"

const char test_name[] = "silent";
const char test_title[] = "says its last words and no more";

void test_main(void)
{
    char then[8];
    uint32_t lines = param_u32("lines", 0);
    const char *why = "";
    bool off = param("then", then, sizeof(then)) && memcmp(then, "off", sizeof("off")) == 0;

    if (off && acpi_tables(&why) == NULL)
        test_error("ACPI: %s", why);
    for (uint32_t i = 0; i < lines; i++)
        data("line=%u", i);
    note("last words");
    console_drain();
    if (off)
        acpi_poweroff();
    for (;;)
        __asm__ volatile("" : : : "memory");
}
