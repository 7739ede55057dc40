// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EACCES;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EFAULT;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EINVAL;
import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/**
 * Control operations through /dev/xen/privcmd, under Xens of several versions. Numbers are those of
 * xen/domctl.h; that another version is answered EACCES, before all else, is do_domctl()'s.
 */
@Tag("hosted")
class DomctlTest {
  private static final long HYPERCALL = 0x305000;
  private static final int DOMCTL = 36;

  private static final int CREATE = 1;
  private static final int GET_INFO = 5;
  private static final int BIND_IRQ = 38;
  private static final int MAP_MEMORY = 39;
  private static final int MAP_PORTS = 40;
  private static final int UNBIND_IRQ = 48;

  /** Where the operation is in scratch memory. */
  private static final int OPERATION = 4096;

  private BridgeDomain bridge;
  private HostedDomain domain;
  private int fd;

  /** "command/version" of each that Xen saw. */
  private final List<String> seen = new ArrayList<>();

  private HostedLibrary.Hypercalls xen;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-m", "64")).init();
    domain = bridge.domain;
    fd = (int) check(bridge.open("/dev/xen/privcmd", BridgeDomain.O_RDWR), "privcmd");
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  private void xen(int version, long answer) {
    xen =
        (op, address, a2, a3, a4, a5) -> {
          assertEquals(DOMCTL, op);
          ByteBuffer operation = domain.memory(address, 8);
          seen.add("%d/%x".formatted(operation.getInt(0), operation.getInt(4)));
          return operation.getInt(4) == version ? answer : -EACCES;
        };
    domain.hypercalls(xen);
  }

  private long hypercall(long address) {
    ByteBuffer call = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    call.putLong(DOMCTL).putLong(address);
    return bridge.ioctl(fd, HYPERCALL, call.array());
  }

  private long domctl(int command, int version) {
    bridge.scratch().putInt(OPERATION, command).putInt(OPERATION + 4, version);
    return hypercall(bridge.at(OPERATION));
  }

  @Test
  void whatPassthroughNeedsIsSpokenInXensVersion() {
    xen(0x17, 0);
    assertEquals(0, domctl(MAP_MEMORY, 0x15));
    assertEquals(0x15, bridge.scratch().getInt(OPERATION + 4), "the program's number stays");
    for (int command : new int[] {GET_INFO, BIND_IRQ, MAP_PORTS, UNBIND_IRQ}) {
      assertEquals(0, domctl(command, 0x15));
    }
    // Asked once, remembered from then on.
    assertEquals(List.of("39/15", "39/16", "39/17", "5/17", "38/17", "40/17", "48/17"), seen);
  }

  @Test
  void theProgramsVersionIsTriedFirst() {
    xen(0x15, -EINVAL);
    assertEquals(-EINVAL, domctl(MAP_PORTS, 0x15), "an error of the operation is its answer");
    assertEquals(-EINVAL, domctl(MAP_PORTS, 0x15));
    assertEquals(List.of("40/15", "40/15"), seen);
  }

  @Test
  void anErrorInAnotherVersionIsAnAnswerToo() {
    xen(0x16, -EINVAL);
    assertEquals(-EINVAL, domctl(MAP_PORTS, 0x17));
    assertEquals(-EINVAL, domctl(MAP_PORTS, 0x17));
    assertEquals(List.of("40/17", "40/15", "40/16", "40/16"), seen);
  }

  @Test
  void whatMayLookDifferentIsLeftAlone() {
    xen(0x17, 0);
    assertEquals(-EACCES, domctl(CREATE, 0x15), "another operation");
    assertEquals(-EACCES, domctl(MAP_MEMORY, 0x18), "a version to come");
    assertEquals(List.of("1/15", "39/18"), seen);
  }

  @Test
  void aXenOfNoKnownVersionRefuses() {
    xen(0x20, 0);
    assertEquals(-EACCES, domctl(MAP_MEMORY, 0x15));
    assertEquals(0x15, bridge.scratch().getInt(OPERATION + 4));
    assertEquals(List.of("39/15", "39/16", "39/17"), seen);
  }

  @Test
  void anOperationOutsideTheProgramsMemoryIsAnError() {
    xen(0x15, 0);
    assertEquals(-EFAULT, hypercall(0x10));
    assertEquals(List.of(), seen);
  }
}
