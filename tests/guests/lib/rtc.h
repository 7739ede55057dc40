/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* The real-time clock, which is Xen's, not the device model's. Facts: Motorola MC146818A. */
#ifndef RTC_H
#define RTC_H

#include "guest.h"

#define RTC_IRQ 8

enum {
    RTC_SECOND = 0,
    RTC_ALARM_SECOND = 1,
    RTC_MINUTE = 2,
    RTC_ALARM_MINUTE = 3,
    RTC_HOUR = 4,
    RTC_ALARM_HOUR = 5,
    RTC_DAY = 7,
    RTC_MONTH = 8,
    RTC_A = 10,
    RTC_B = 11,
    RTC_C = 12,
    RTC_D = 13,
};

#define RTC_A_UPDATES  0x80 /* the time is about to change */
#define RTC_A_2_HZ     0x2f /* the divider of the 32768 Hz crystal, and its slowest rate */
#define RTC_B_PERIODIC 0x40
#define RTC_B_ALARM    0x20
#define RTC_B_UPDATES  0x10
#define RTC_B_BINARY   0x04
#define RTC_B_24H      0x02
#define RTC_C_ALARM    0x20
#define RTC_C_UPDATED  0x10
#define RTC_D_VALID    0x80
#define RTC_ANY        0xc0 /* in an alarm: whatever it is */

static inline uint8_t rtc_read(uint8_t reg)
{
    outb(0x70, reg);
    return inb(0x71);
}

static inline void rtc_write(uint8_t reg, uint8_t v)
{
    outb(0x70, reg);
    outb(0x71, v);
}

/* Halts the PIT, which ticks a hundred times a second; irq_init() has it tick again. */
static inline void pit_stop(void)
{
    irq_disable(0);
    outb(0x43, 0x30); /* channel 0, mode 0: it waits for a count that does not come */
}

#endif
