// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

class CodeOwnersTest {
  private static final long HOST = 0x7f0000000000L;
  private static final long GIB = 1L << 30;

  /** Three GiB, the last of them above 4 GiB, as the lab's machine has it. */
  private static final MachineMemory MEMORY = new MachineMemory(HOST, 3 * GIB, 2 * GIB);

  /** dom0 has page 100 and, beyond 4 GiB, page 100001; the stub domain has page 200. */
  private static final String PAGES = "page 0 100\npage 0 100001\npage 3 200\n";

  private static final long DOM0 = HOST + 0x100000;
  private static final long DOM0_HIGH = HOST + 2 * GIB + 0x1000;
  private static final long STUB = HOST + 0x200000;
  private static final long NOBODY = HOST + 0x300000;

  private static final long XEN_CODE = 0xffff82d040200000L;
  private static final long KERNEL_CODE = 0xffffffff81000000L;
  private static final long ROOM_CODE = 0xffffffff80000020L;
  private static final long PROGRAM_CODE = 0x401000;
  private static final long GUEST_CODE = 0x8000;

  private static CodeOwners owners(DeviceModel model) {
    KernelRooms rooms =
        KernelRooms.parse(
            List.of(
                ".text", " .text.f  0xffffffff80000000  0x40 k.p/xen-netfront_netfront_tx.c.o"));
    String stub = model == DeviceModel.DOM0 ? "" : "3";
    return new CodeOwners("domains " + stub + "\n" + PAGES, model, MEMORY, rooms);
  }

  @Test
  void addressesOfTheEmulatorAreTheMachines() {
    assertEquals(OptionalLong.of(0x1234), MEMORY.physical(HOST + 0x1234));
    assertEquals(OptionalLong.of(2 * GIB - 1), MEMORY.physical(HOST + 2 * GIB - 1));
    assertEquals(OptionalLong.of(4 * GIB), MEMORY.physical(HOST + 2 * GIB));
    assertEquals(OptionalLong.of(5 * GIB - 1), MEMORY.physical(HOST + 3 * GIB - 1));
    assertEquals(OptionalLong.empty(), MEMORY.physical(HOST + 3 * GIB));
    assertEquals(OptionalLong.empty(), MEMORY.physical(HOST - 1));
    assertEquals(OptionalLong.empty(), MEMORY.physical(0));
  }

  @Test
  void ofOurStubDomainEachRoomIsKnown() {
    CodeOwners owners = owners(DeviceModel.STUBDOM);
    assertEquals("xen-netfront", owners.of(ROOM_CODE, STUB));
    assertEquals(CodeOwners.QEMU, owners.of(PROGRAM_CODE, STUB));
    assertEquals(CodeOwners.OTHER, owners.of(KERNEL_CODE, STUB), "beyond all rooms");
  }

  @Test
  void theSameAddressesInTwoDomainsAreToldApart() {
    CodeOwners owners = owners(DeviceModel.LINUX);
    assertEquals(CodeOwners.DOM0_KERNEL, owners.of(KERNEL_CODE, DOM0));
    assertEquals(CodeOwners.DOM0_KERNEL, owners.of(KERNEL_CODE, DOM0_HIGH));
    assertEquals(CodeOwners.LINUX_KERNEL, owners.of(KERNEL_CODE, STUB));
    assertEquals(CodeOwners.DOM0_PROGRAMS, owners.of(PROGRAM_CODE, DOM0));
    assertEquals(CodeOwners.LINUX_PROGRAMS, owners.of(PROGRAM_CODE, STUB));
  }

  @Test
  void pagesOfNoPvDomainAreXensOrTheGuestsByTheirAddress() {
    CodeOwners owners = owners(DeviceModel.DOM0);
    assertEquals(CodeOwners.XEN, owners.of(XEN_CODE, NOBODY));
    assertEquals(CodeOwners.GUEST, owners.of(GUEST_CODE, NOBODY));
    assertEquals(CodeOwners.OTHER, owners.of(PROGRAM_CODE, NOBODY));
    assertEquals(CodeOwners.OTHER, owners.of(KERNEL_CODE, NOBODY));
  }

  @Test
  void whatContradictsItselfIsNobodys() {
    CodeOwners owners = owners(DeviceModel.STUBDOM);
    assertEquals(CodeOwners.OTHER, owners.of(XEN_CODE, DOM0), "Xen's address, dom0's page");
    assertEquals(CodeOwners.OTHER, owners.of(XEN_CODE, 0), "no memory of the machine");
    CodeOwners without = owners(DeviceModel.DOM0);
    assertEquals(CodeOwners.OTHER, without.of(PROGRAM_CODE, STUB), "no such domain");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "page 0 100", "domains \npage 0 100"})
  void aStubDomainThatWasNotToldIsAFailure(String said) {
    StubdomException failure =
        assertThrows(
            StubdomException.class, () -> new CodeOwners(said, DeviceModel.STUBDOM, MEMORY, null));
    assertEquals(ExitCode.TEST, failure.exitCode());
  }

  @Test
  void tablesGoFromTheGuestInwards() {
    List<String> order =
        List.of(
            CodeOwners.GUEST,
            CodeOwners.XEN,
            "device-model-bridge",
            "rump-runtime/core",
            "xen-blkfront",
            CodeOwners.QEMU,
            CodeOwners.LINUX_KERNEL,
            CodeOwners.DOM0_KERNEL,
            CodeOwners.DOM0_PROGRAMS,
            CodeOwners.OTHER);
    assertEquals(
        order,
        Stream.concat(order.stream().skip(4), order.stream().limit(4))
            .sorted(CodeOwners.ORDER)
            .toList());
    assertEquals(Optional.of(CodeOwners.GUEST), order.stream().min(CodeOwners.ORDER));
  }
}
