/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * bench-io: what one access to a register of an emulated device takes.
 *
 *  - xen-port, xen-memory: registers that Xen answers itself, the mask of an interrupt controller
 *    and the HPET's capabilities. No device model can be faster.
 *  - port-read, port-write: the serial port's scratch register
 *  - pci-read: PCI configuration space
 *  - memory-read, memory-write: registers of an e1000 that do nothing else
 *  - string-read: a sector by one REP INSW from an IDE disk
 * Parameter n: samples of each, 400 without it.
 */

#include "ata.h"
#include "bench.h"

const char test_name[] = "bench-io";
const char test_title[] = "accesses to ports and to memory-mapped registers";

#define PIC_MASK    0x21
#define SCRATCH     (COM1 + 7)
#define PCI_ADDRESS 0xcf8
#define PCI_DATA    0xcfc
#define HPET        0xfed00000u
#define E1000       0x100e /* of Intel's, 0x8086 */
#define STATUS      0x0008
#define TIPG        0x0410

/* The command's own accesses are left out: an IDE disk's data port is what is measured. */
static void string_read(unsigned n)
{
    struct ata disk;
    uint8_t *buf = dma_alloc(SECTOR, SECTOR);
    ata_need(&disk, 0, 0, false);
    bench_begin();
    for (unsigned i = 0; i < n; i++) {
        outb(disk.cmd + 2, 1);
        outb(disk.cmd + 3, (uint8_t)i);
        outb(disk.cmd + 4, 0);
        outb(disk.cmd + 5, 0);
        outb(disk.cmd + 6, 0xe0);
        outb(disk.cmd + 7, ATA_READ);
        if (!wait_for((inb(disk.ctl) & (ATA_SR_BSY | ATA_SR_DRQ)) == ATA_SR_DRQ, 1000))
            test_failure("no data: status %x", inb(disk.ctl));
        bench_resume();
        insw(disk.cmd, buf, SECTOR / 2);
        bench_sample();
    }
    bench_end("string-read", 1, PORTS(1));
}

void test_main(void)
{
    struct pci_dev nic;
    unsigned n = param_u32("n", 400);
    if (!pci_find_id(0x8086, E1000, 0, &nic))
        test_error("no e1000");
    pci_enable(&nic);
    uint32_t registers = pci_bar(&nic, 0), tipg = mmio_read32(registers + TIPG);
    bench_frequency();
    BENCH("xen-port", n, PORTS(1), (void)inb(PIC_MASK));
    BENCH("xen-memory", n, MEMORY(1), (void)mmio_read32(HPET));
    BENCH("port-read", n, PORTS(1), (void)inb(SCRATCH));
    BENCH("port-write", n, PORTS(1), outb(SCRATCH, 0x55));
    outl(PCI_ADDRESS, 0x80000000u | (uint32_t)nic.dev << 11 | (uint32_t)nic.fn << 8);
    BENCH("pci-read", n, PORTS(1), (void)inl(PCI_DATA));
    BENCH("memory-read", n, MEMORY(1), (void)mmio_read32(registers + STATUS));
    BENCH("memory-write", n, MEMORY(1), mmio_write32(registers + TIPG, tipg));
    string_read(n / 8);
}
