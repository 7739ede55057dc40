/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-idle: a guest that has nothing to do, for the host to measure what that costs. After the
 * line "idle" it halts for parameter seconds (75 without it), woken twice a second by the RTC,
 * which is Xen's; the PIT stands still. Facts: lib/rtc.h.
 */

#include "rtc.h"

const char test_name[] = "bench-idle";
const char test_title[] = "halts";

void test_main(void)
{
    unsigned wakes = 2 * param_u32("seconds", 75), woken = 0;
    note("idle");
    console_drain();
    rtc_write(RTC_A, RTC_A_2_HZ);
    rtc_write(RTC_B, (uint8_t)((rtc_read(RTC_B) & 0x8f) | RTC_B_PERIODIC));
    (void)rtc_read(RTC_C);
    pit_stop();
    while (woken < wakes) {
        uint32_t seen = irq_count(RTC_IRQ);
        irq_enable(RTC_IRQ);
        cpu_wait();
        woken += irq_count(RTC_IRQ) - seen;
        (void)rtc_read(RTC_C);
    }
    irq_init(); /* the tick is needed again */
    check(true, "idle");
}
