/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* QEMU's ivshmem-plain: docs/specs/ivshmem-spec.txt of QEMU is its data sheet. */

#include "devices.h"

#define INTERRUPT_MASK 0x00
#define POSITION       0x08
#define BAR_HIGH       0x1c

void ivshmem_test(const struct pci_dev *d)
{
    pci_enable(d);
    uint32_t registers = pci_bar(d, 0), memory = pci_bar(d, 2);
    note("ivshmem at %02x.%x: registers %08x memory %08x", d->dev, d->fn, registers, memory);
    check((registers & 0xfff) == 0, "ivshmem: its registers begin within a page, at %08x",
          registers);
    mmio_write32(registers + INTERRUPT_MASK, 0x5a5a0001);
    check(mmio_read32(registers + INTERRUPT_MASK) == 0x5a5a0001, "ivshmem: a register has %08x",
          mmio_read32(registers + INTERRUPT_MASK));
    mmio_write32(registers + INTERRUPT_MASK, 0);
    check(mmio_read32(registers + POSITION) == 0, "ivshmem: position %08x",
          mmio_read32(registers + POSITION));
    if (!check(pci_read32(d, BAR_HIGH) == 0, "ivshmem: its memory is beyond 4 GiB"))
        return;
    for (uint32_t at = 0; at < 0x100000; at += 0x10004)
        mmio_write32(memory + at, at * 3 + 1);
    for (uint32_t at = 0; at < 0x100000; at += 0x10004)
        check(mmio_read32(memory + at) == at * 3 + 1, "ivshmem: its memory has %08x at %x",
              mmio_read32(memory + at), at);
    note("ivshmem: done");
}
