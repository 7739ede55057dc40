/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * acpi-reset: a reset request restarts the domain, and what was flushed is still there.
 *
 * The request goes to the FADT's reset register if the table has one, else to the PCI host's reset
 * control register 0xcf9 and, on the third boot, to the keyboard controller's reset line. The
 * configuration says on_reboot = "restart" and destroys the domain on any other event, so that a
 * boot number on the disk that grows proves a reboot. SUCCESS comes with the third boot.
 */

#include "ata.h"

const char test_name[] = "acpi-reset";
const char test_title[] = "reset requests restart the domain";

#define MARK_LBA        8192
#define RESET_CONTROL   0xcf9
#define KBD_COMMAND     0x64
#define KBD_PULSE_RESET 0xfe

struct mark {
    char text[12];
    uint32_t boots;
};

static void by_register(void)
{
    const char *why = "";
    const struct acpi *a = acpi_tables(&why);
    if (a && a->has_reset) {
        note("reset by the FADT's register %x", a->reset_port);
        console_drain();
        time_sleep(500);
        outb(a->reset_port, a->reset_value);
    } else {
        note("reset by port cf9 (the FADT has no reset register)");
        console_drain();
        time_sleep(500);
        outb(RESET_CONTROL, 0x02); /* a hard reset, at the change of bit 2 */
        outb(RESET_CONTROL, 0x06);
    }
}

static void by_keyboard_controller(void)
{
    note("reset by the keyboard controller");
    console_drain();
    time_sleep(500);
    outb(KBD_COMMAND, KBD_PULSE_RESET);
}

void test_main(void)
{
    struct ata disk;
    struct mark *m = dma_alloc(SECTOR, SECTOR);
    ata_need(&disk, 0, 0, false);
    if (!ata_pio(&disk, ATA_READ, MARK_LBA, 1, m, false, 1))
        test_error("the mark cannot be read: status %x", disk.status);
    if (memcmp(m->text, "acpi-reset", 11) != 0) {
        memset(m, 0, SECTOR);
        memcpy(m->text, "acpi-reset", 11);
    }
    m->boots++;
    data("boot=%u", m->boots);
    if (m->boots == 3) {
        check(true, "two resets");
        return;
    }
    if (!ata_pio(&disk, ATA_WRITE, MARK_LBA, 1, m, true, 1) || !ata_command(&disk, ATA_FLUSH, 0, 0))
        test_error("the mark cannot be written: status %x", disk.status);
    if (m->boots == 1)
        by_register();
    else
        by_keyboard_controller();
    time_sleep(5000);
    test_failure("still running five seconds after the reset request");
}
