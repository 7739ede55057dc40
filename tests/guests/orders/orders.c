/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * orders: stays up and does what the host types, for tests of the toolstack around a running guest:
 * pause, save and restore, the power button, restarts.
 *
 * One line on the serial port is one order, answered by one DATA line "done=ORDER":
 *   disk    reads the host's pattern from hda by bus-master DMA and checks its sum
 *   net     exchanges frames with the host through the e1000 that was set up at the start
 *   reset   resets the machine by the keyboard controller
 *   off     ends the guest
 * Memory, disk and card are set up once, before the first order: what works after a restore works
 * because their state came back. ACPI's power button ends the guest as "off" does.
 *
 * Parameters: data_lba, data_sectors, data_crc; ip, gw, mac as for nic-e1000.
 */

#include "ata.h"
#include "net.h"
#include "pattern.h"

const char test_name[] = "orders";
const char test_title[] = "does what the host types on the serial port";

#define PWRBTN_STS      (1u << 8)
#define KBD_COMMAND     0x64
#define KBD_PULSE_RESET 0xfe

static struct ata disk;
static struct nic nic;
static uint8_t *buffer;

static bool is(const char *line, const char *order)
{
    size_t n = strlen(order);
    return strlen(line) == n && memcmp(line, order, n) == 0;
}

static void read_disk(void)
{
    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0);
    memset(buffer, 0, sectors * SECTOR);
    check(ata_dma(&disk, ATA_READ_DMA, lba, sectors, ata_prd(buffer, sectors * SECTOR), false),
          "disk: status %x error %x", disk.status, disk.error);
    uint32_t crc = cksum_finish(cksum_feed(0, buffer, sectors * SECTOR), sectors * SECTOR);
    check(crc == param_u32("data_crc", 0), "disk: checksum %u", crc);
}

static void reset(void)
{
    outb(KBD_COMMAND, KBD_PULSE_RESET);
    time_sleep(5000);
    test_failure("still running five seconds after the reset request");
}

/* Returns false when the guest is to end. */
static bool obey(const char *line)
{
    if (is(line, "off"))
        return false;
    if (is(line, "disk"))
        read_disk();
    else if (is(line, "net"))
        net_exchange(&nic, param_ip("ip", 0x0a090002), "mac");
    else if (is(line, "reset"))
        reset();
    else
        test_failure("no such order: %s", line);
    data("done=%s", line);
    return true;
}

void test_main(void)
{
    const char *why = "";
    const struct acpi *a = acpi_tables(&why);
    if (!a || !a->pm1a_evt)
        test_error("no power button: %s", why);
    ata_need(&disk, 0, 0, false);
    if (!e1000_open(&nic, 0))
        test_error("no e1000");
    buffer = dma_alloc(param_u32("data_sectors", 0) * SECTOR, 0x10000);
    outw(a->pm1a_evt, PWRBTN_STS);
    note("ready");
    for (;;) {
        const char *line = console_line();
        if (line && !obey(line))
            break;
        if (inw(a->pm1a_evt) & PWRBTN_STS) {
            outw(a->pm1a_evt, PWRBTN_STS);
            note("power button");
            break;
        }
        cpu_wait();
    }
    check(true, "ended as ordered");
}
