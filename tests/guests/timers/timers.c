/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * timers: RTC, PIT and ACPI timer run, never backwards, and agree roughly.
 *
 * Under Xen the hypervisor emulates all three, not the device model; a guest whose clocks are off
 * would make every other result here doubtful, hence the test. The bounds are sanity bounds (a
 * factor of two either way), not measurements: an emulated host may be slow, but all clocks of a
 * guest are slow together.
 *  - RTC: the date is valid; update-ended interrupts come, and the seconds change with them
 *  - ACPI timer: does not go backwards; 3.579545 MHz against the RTC's seconds
 *  - PIT: 100 interrupts a second against the same, and channel 2 counts down
 */

#include "rtc.h"

const char test_name[] = "timers";
const char test_title[] = "RTC, PIT and ACPI timer run and agree";

#define PM_TIMER_HZ 3579545u
#define SECONDS     2

static unsigned rtc_value(uint8_t reg)
{
    uint8_t v = rtc_read(reg);
    return rtc_read(RTC_B) & RTC_B_BINARY ? v : (v >> 4) * 10u + (v & 15);
}

/* The next update-ended interrupt, at most 5 seconds away. */
static void next_update(void)
{
    uint32_t before = irq_count(RTC_IRQ);
    irq_enable(RTC_IRQ);
    if (!wait_for(irq_count(RTC_IRQ) != before, 5000))
        test_failure("no update-ended interrupt of the RTC");
    check(rtc_read(RTC_C) & RTC_C_UPDATED, "RTC interrupt without its cause");
}

static uint32_t pm_timer(const struct acpi *a)
{
    uint32_t v = inl(a->pm_tmr);
    return a->pm_tmr_bits == 24 ? v & 0xffffff : v;
}

static uint32_t pm_delta(const struct acpi *a, uint32_t from, uint32_t to)
{
    return a->pm_tmr_bits == 24 ? (to - from) & 0xffffff : to - from;
}

static void check_date(void)
{
    check(rtc_read(RTC_D) & RTC_D_VALID, "the RTC says its time is not valid");
    unsigned month = rtc_value(RTC_MONTH), day = rtc_value(RTC_DAY), hour = rtc_value(RTC_HOUR),
             minute = rtc_value(RTC_MINUTE);
    check(month >= 1 && month <= 12 && day >= 1 && day <= 31 && minute < 60,
          "month %u day %u :%02u", month, day, minute);
    check(!(rtc_read(RTC_B) & RTC_B_24H) || hour < 24, "hour %u", hour);
}

static void check_monotonic(const struct acpi *a)
{
    uint32_t last = pm_timer(a);
    for (unsigned i = 0; i < 200; i++) {
        uint32_t now = pm_timer(a);
        if (pm_delta(a, last, now) > PM_TIMER_HZ) {
            check(false, "the ACPI timer went from %x to %x", last, now);
            return;
        }
        last = now;
    }
    check(true, "monotonic");
}

static void check_channel2(void)
{
    outb(0x61, (uint8_t)((inb(0x61) & ~2u) | 1)); /* gate on, speaker off */
    outb(0x43, 0xb4);                             /* channel 2, both bytes, mode 2 */
    outb(0x42, 0xff);
    outb(0x42, 0xff);
    time_sleep(20);
    uint16_t count[2];
    for (unsigned i = 0; i < 2; i++) {
        outb(0x43, 0x80); /* latch */
        count[i] = inb(0x42);
        count[i] |= (uint16_t)(inb(0x42) << 8);
        time_sleep(10);
    }
    check(count[0] != count[1], "PIT channel 2 stands still at %04x", count[0]);
}

void test_main(void)
{
    const char *why = "";
    const struct acpi *a = acpi_tables(&why);
    if (!a)
        test_error("ACPI: %s", why);
    if (!a->pm_tmr)
        test_error("the FADT names no ACPI timer");
    check_date();
    check_monotonic(a);
    check_channel2();

    (void)rtc_read(RTC_C);
    uint32_t irqs = irq_arm(RTC_IRQ);
    rtc_write(RTC_B, rtc_read(RTC_B) | RTC_B_UPDATES);
    next_update();
    uint32_t pm = pm_timer(a), ticks = time_ticks();
    unsigned second = rtc_value(RTC_SECOND);
    for (unsigned i = 0; i < SECONDS; i++)
        next_update();
    uint32_t pm_passed = pm_delta(a, pm, pm_timer(a)), ticks_passed = time_ticks() - ticks;
    unsigned seconds_passed = (rtc_value(RTC_SECOND) + 60 - second) % 60;
    rtc_write(RTC_B, (uint8_t)(rtc_read(RTC_B) & ~RTC_B_UPDATES));
    irq_disable(RTC_IRQ);

    data("rtc=%u acpi=%u pit=%u irqs=%u", seconds_passed, pm_passed, ticks_passed,
         irq_count(RTC_IRQ) - irqs);
    check(seconds_passed >= SECONDS && seconds_passed <= 2 * SECONDS, "RTC: %u seconds passed",
          seconds_passed);
    if (a->pm_tmr_bits == 32 || seconds_passed < 4)
        check(pm_passed / seconds_passed > PM_TIMER_HZ / 2 &&
                  pm_passed / seconds_passed < PM_TIMER_HZ * 2,
              "ACPI timer: %u in %u s", pm_passed, seconds_passed);
    check(ticks_passed / seconds_passed > 50 && ticks_passed / seconds_passed < 200,
          "PIT: %u interrupts in %u s", ticks_passed, seconds_passed);
}
