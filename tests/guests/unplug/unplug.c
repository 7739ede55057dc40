/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * unplug: the Xen platform device takes emulated NICs and disks away when a guest asks.
 *
 * Guests with PV drivers do so at boot, so that a device is not driven twice. The protocol is that
 * of Xen's hvm-emulated-unplug document: magic number at port 0x10, product and build number, then
 * a mask of what to remove. First the NICs (the e1000's PCI function disappears), then the
 * auxiliary disks (hdb), then all disks; the CD drive stays. In plain QEMU there is no such
 * device: SKIP.
 */

#include "ata.h"
#include "net.h"

const char test_name[] = "unplug";
const char test_title[] = "emulated NICs and disks are unplugged on request";

#define PORT                 0x10
#define MAGIC                0x49d2
#define PRODUCT_LINUX        3
#define UNPLUG_IDE_DISKS     1
#define UNPLUG_NICS          2
#define UNPLUG_AUX_IDE_DISKS 4

static bool nic_present(void)
{
    struct pci_dev d;
    return pci_find_id(0x8086, 0x100e, 0, &d);
}

static bool drive_present(unsigned channel, unsigned unit, bool atapi)
{
    struct ata a;
    return ata_open(&a, channel, unit) && a.atapi == atapi;
}

void test_main(void)
{
    if (inw(PORT) != MAGIC)
        test_skip("no Xen platform device");
    uint8_t version = inb(PORT + 2);
    note("unplug protocol %u", version);
    if (version >= 1) {
        outw(PORT + 2, PRODUCT_LINUX);
        outl(PORT, 1);
        check(inw(PORT) == MAGIC, "refused after the product number");
    }
    if (!nic_present() || !drive_present(0, 0, false) || !drive_present(0, 1, false) ||
        !drive_present(1, 0, true))
        test_error("the guest needs an e1000, hda, hdb and a CD at hdc");

    struct nic nic;
    uint8_t mac[6];
    uint32_t own = param_ip("ip", 0x0a090002), gw = param_ip("gw", 0x0a090001);
    check(e1000_open(&nic, 0) && net_arp(&nic, own, gw, mac), "the NIC does not work beforehand");

    outw(PORT, UNPLUG_NICS);
    check(wait_for(!nic_present(), 3000), "the NIC is still there");
    check(drive_present(0, 0, false) && drive_present(0, 1, false), "a disk went with the NIC");

    outw(PORT, UNPLUG_AUX_IDE_DISKS);
    check(wait_for(!drive_present(0, 1, false), 3000), "hdb is still there");
    check(drive_present(0, 0, false), "hda went with the auxiliary disks");

    outw(PORT, UNPLUG_IDE_DISKS);
    check(wait_for(!drive_present(0, 0, false), 3000), "hda is still there");
    check(drive_present(1, 0, true), "the CD drive went with the disks");
}
