/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-idle: a guest that has nothing to do, for the host to measure what that costs. After the
 * line "idle" it halts for parameter seconds (75 without it), woken twice a second by the RTC,
 * which is Xen's; the PIT stands still. Facts: Motorola MC146818A and Intel 8254 data sheets.
 */

#include "guest.h"

const char test_name[] = "bench-idle";
const char test_title[] = "halts";

#define RTC_INDEX 0x70
#define RTC_DATA  0x71
#define RTC_IRQ   8
#define RTC_A     0x0a
#define RTC_B     0x0b
#define RTC_C     0x0c
#define RTC_2_HZ  0x2f /* the divider of the 32768 Hz crystal, and its slowest rate */
#define RTC_PIE   0x40

#define PIT_COMMAND 0x43
#define PIT_ONCE    0x30 /* channel 0, mode 0: waits for a count that does not come */

static uint8_t rtc_read(uint8_t reg)
{
    outb(RTC_INDEX, reg);
    return inb(RTC_DATA);
}

static void rtc_write(uint8_t reg, uint8_t v)
{
    outb(RTC_INDEX, reg);
    outb(RTC_DATA, v);
}

void test_main(void)
{
    unsigned wakes = 2 * param_u32("seconds", 75), woken = 0;
    note("idle");
    console_drain();
    rtc_write(RTC_A, RTC_2_HZ);
    rtc_write(RTC_B, (uint8_t)((rtc_read(RTC_B) & 0x8f) | RTC_PIE));
    (void)rtc_read(RTC_C);
    irq_disable(0);
    outb(PIT_COMMAND, PIT_ONCE);
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
