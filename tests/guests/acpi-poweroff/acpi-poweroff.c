/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * acpi-poweroff: writing S5 to the power management control port switches the machine off.
 *
 * A guest cannot report its own end, so the configuration says on_poweroff = "restart" and both
 * other events destroy the domain: only a power-off brings it back. The first boot marks the disk
 * (flushed) and enters S5; the second finds the mark and reports SUCCESS, which proves at once that
 * the toolstack saw a power-off, and that a flushed sector outlives the device model.
 * In a lab that does not follow restarts: the domain has to vanish after "going off".
 */

#include "ata.h"

const char test_name[] = "acpi-poweroff";
const char test_title[] = "ACPI S5 ends the domain as a power-off";

#define MARK_LBA 8192
static const char mark[] = "acpi-poweroff: S5 requested";

void test_main(void)
{
    struct ata disk;
    uint8_t *sector = dma_alloc(SECTOR, SECTOR);
    ata_need(&disk, 0, 0, false);
    if (!ata_pio(&disk, ATA_READ, MARK_LBA, 1, sector, false, 1))
        test_error("the mark cannot be read: status %x", disk.status);
    if (memcmp(sector, mark, sizeof(mark)) == 0) {
        check(true, "second boot");
        note("second boot");
        return;
    }

    const char *why = "";
    const struct acpi *a = acpi_tables(&why);
    if (!a)
        test_failure("ACPI: %s", why);
    check(a->pm1a_cnt, "the FADT names no PM1a control port");
    check(a->has_s5, "there is no \\_S5 package");
    note("PM1a control at %x, SLP_TYP %u", a->pm1a_cnt, a->slp_typ_a);
    memcpy(sector, mark, sizeof(mark));
    if (!ata_pio(&disk, ATA_WRITE, MARK_LBA, 1, sector, true, 1) ||
        !ata_command(&disk, ATA_FLUSH, 0, 0))
        test_error("the mark cannot be written: status %x", disk.status);
    note("first boot: going off");
    console_drain();
    time_sleep(500);
    acpi_poweroff();
    test_failure("still running two seconds after S5");
}
