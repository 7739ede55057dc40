/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * pt-orders: stays up and drives what the host types, for tests of devices that come while the
 * guest runs, of restarts and of backends that go away.
 *
 * One line on the serial port is one order, answered by one DATA line "done=ORDER". What was typed
 * before the guest listened may come in part, and is no order then:
 *   edu, nvme, testdev, ivshmem
 *           drives the first such device, as guest pt does
 *   place   gives addresses and interrupt lines to devices that nobody has switched on, as firmware
 *           does: their registers may hold anything
 *   gone    checks that the first edu does not answer in configuration space any more
 *   absent  checks that none of these devices is there
 *   alive   nothing but the answer
 *   reset   resets the machine by the keyboard controller
 *   off     ends the guest
 */

#include "devices.h"

const char test_name[] = "pt-orders";
const char test_title[] = "drives the devices that the host types";

/* PCI Local Bus Specification 3.0, 6.2.2: ports or memory. */
#define COMMAND         0x04
#define COMMAND_DECODES 0x3
#define KBD_COMMAND     0x64
#define KBD_PULSE_RESET 0xfe

static const struct kind {
    const char *name;
    uint16_t vendor, device;
    void (*test)(const struct pci_dev *);
} kinds[] = {
    {"edu", EDU_ID, edu_test},
    {"nvme", NVME_ID, nvme_test},
    {"testdev", TESTDEV_ID, testdev_test},
    {"ivshmem", IVSHMEM_ID, ivshmem_test},
};

static struct pci_dev first_edu;

static bool is(const char *line, const char *order)
{
    size_t n = strlen(order);
    return strlen(line) == n && memcmp(line, order, n) == 0;
}

static bool drive(const char *line)
{
    struct pci_dev d;
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!is(line, kinds[i].name))
            continue;
        if (check(pci_find_id(kinds[i].vendor, kinds[i].device, 0, &d), "no %s", line))
            kinds[i].test(&d);
        if (i == 0)
            first_edu = d;
        return true;
    }
    return false;
}

static void place(void)
{
    struct pci_dev d;
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (pci_find_id(kinds[i].vendor, kinds[i].device, 0, &d) &&
            !(pci_read16(&d, COMMAND) & COMMAND_DECODES))
            pci_place(&d);
    }
}

static void absent(void)
{
    struct pci_dev d;
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
        check(!pci_find_id(kinds[i].vendor, kinds[i].device, 0, &d), "there is %s", kinds[i].name);
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
    if (is(line, "place"))
        place();
    else if (is(line, "absent"))
        absent();
    else if (is(line, "reset"))
        reset();
    else if (is(line, "gone"))
        check(pci_read16(&first_edu, 0x08) == 0xffff, "the device still has revision %04x",
              pci_read16(&first_edu, 0x08));
    else if (!is(line, "alive") && !drive(line)) {
        note("no such order: %s", line);
        return true;
    }
    data("done=%s", line);
    return true;
}

void test_main(void)
{
    msi_init();
    note("ready");
    for (;;) {
        const char *line = console_line();
        if (line && !obey(line))
            break;
        cpu_wait();
    }
    check(true, "ended as ordered");
}
