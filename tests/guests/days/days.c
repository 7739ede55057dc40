/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * days: sleeps for hours and works a little at the end of each, for faults that need time: clocks
 * that drift, timers that come late or not at all, memory that is not given back.
 *
 * Each hour, woken by the RTC's alarm (Xen's; the PIT stands still meanwhile):
 *  - 1 MiB is written to hda by DMA, flushed, read back and compared
 *  - frames are exchanged with the host through the e1000
 *  - the e1000 is told to negotiate its link anew, which the device model's own timer ends after
 *    half a second; the guest's clock ticks say when
 *  - a DATA line tells the hour, the RTC's time of day, the ticks of the time-stamp counter since
 *    the hour before, and how many milliseconds the link took
 * The e1000's manual leaves the time that negotiation takes open; here it is held against what it
 * took at the start.
 *
 * Facts: Motorola MC146818A; Intel 8254; IEEE 802.3 clause 22 (PHY register 0); the e1000's manual,
 * see lib/e1000.c.
 *
 * Parameters: hours (24); ip, gw, mac as for nic-e1000.
 */

#include "ata.h"
#include "net.h"
#include "pattern.h"
#include "rtc.h"

const char test_name[] = "days";
const char test_title[] = "works a little each hour";

#define R_STATUS         0x0008
#define R_MDIC           0x0020
#define STATUS_LU        2u
#define MDIC_WRITE       (1u << 26 | 1u << 21) /* PHY 1 */
#define MDIC_READY       (1u << 28)
#define BMCR_NEGOTIATE   0x1200u
#define LINK_MOST_MS     5000u
#define LINK_SLACK_TICKS 5u

#define CHUNK     128u /* sectors */
#define CHUNKS    16u
#define FIRST_LBA 8192u

static struct ata disk;
static struct nic nic;
static uint8_t *buffer;

static uint64_t stamp(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* The alarm comes once an hour, a minute and a second as they are now. */
static void set_alarm(void)
{
    while (rtc_read(RTC_A) & RTC_A_UPDATES)
        ;
    rtc_write(RTC_ALARM_SECOND, rtc_read(RTC_SECOND));
    rtc_write(RTC_ALARM_MINUTE, rtc_read(RTC_MINUTE));
    rtc_write(RTC_ALARM_HOUR, RTC_ANY);
    rtc_write(RTC_B, (uint8_t)((rtc_read(RTC_B) & 0x8f) | RTC_B_ALARM));
    (void)rtc_read(RTC_C);
}

/* An alarm may come again while its second lasts: that is over first. */
static void sleep_until_alarm(void)
{
    time_sleep(1100);
    (void)rtc_read(RTC_C);
    console_drain();
    pit_stop();
    for (bool alarm = false; !alarm;) {
        irq_enable(RTC_IRQ);
        cpu_wait();
        alarm = rtc_read(RTC_C) & RTC_C_ALARM;
    }
    irq_init(); /* the tick is needed again */
}

static void work_disk(uint32_t hour)
{
    uint32_t bad = 0, state = 1 + hour;
    for (uint32_t i = 0; i < CHUNKS; i++) {
        pattern_fill(&state, i, buffer, CHUNK * SECTOR);
        check(ata_dma(&disk, ATA_WRITE_DMA, FIRST_LBA + i * CHUNK, CHUNK,
                      ata_prd(buffer, CHUNK * SECTOR), true),
              "write: status %x error %x", disk.status, disk.error);
    }
    check(ata_command(&disk, ATA_FLUSH, 0, 0), "flush: status %x error %x", disk.status,
          disk.error);
    state = 1 + hour;
    for (uint32_t i = 0; i < CHUNKS; i++) {
        memset(buffer, 0, CHUNK * SECTOR);
        check(ata_dma(&disk, ATA_READ_DMA, FIRST_LBA + i * CHUNK, CHUNK,
                      ata_prd(buffer, CHUNK * SECTOR), false),
              "read: status %x error %x", disk.status, disk.error);
        check(pattern_verify(&state, i, buffer, CHUNK * SECTOR, &bad), "part %u: byte %u differs",
              i, bad);
    }
}

/* Clock ticks until the link is there again. */
static uint32_t negotiate(void)
{
    mmio_write32(nic.base + R_MDIC, MDIC_WRITE | BMCR_NEGOTIATE);
    check(wait_for(mmio_read32(nic.base + R_MDIC) & MDIC_READY, 100), "the PHY does not answer");
    uint32_t begin = time_ticks();
    check(!(mmio_read32(nic.base + R_STATUS) & STATUS_LU), "the link stays up meanwhile");
    check(wait_for(mmio_read32(nic.base + R_STATUS) & STATUS_LU, LINK_MOST_MS), "no link");
    return time_ticks() - begin;
}

void test_main(void)
{
    uint32_t hours = param_u32("hours", 24), usual = 0;
    ata_need(&disk, 0, 0, false);
    if (!e1000_open(&nic, 0))
        test_error("no e1000");
    buffer = dma_alloc(CHUNK * SECTOR, 0x10000);
    set_alarm();
    uint64_t before = stamp();
    for (uint32_t hour = 0; hour <= hours; hour++) {
        if (hour > 0)
            sleep_until_alarm();
        uint64_t now = stamp();
        uint32_t link = negotiate();
        if (hour == 0)
            usual = link;
        check(link + LINK_SLACK_TICKS >= usual && link <= usual + LINK_SLACK_TICKS,
              "hour %u: the link took %u ticks, %u at the start", hour, link, usual);
        work_disk(hour);
        net_exchange(&nic, param_ip("ip", 0x0a090002), "mac");
        data("hour=%u rtc=%02x:%02x:%02x stamps=%llx link_ms=%u", hour, rtc_read(RTC_HOUR),
             rtc_read(RTC_MINUTE), rtc_read(RTC_SECOND), now - before, link * 10);
        before = now;
    }
}
