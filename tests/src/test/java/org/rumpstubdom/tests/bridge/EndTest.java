// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.tests.hosted.DomainEndedException;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/** However the stub domain ends, its guest's domain is ended too, through Xen. */
@Tag("hosted")
final class EndTest {
  // xen/include/public/xen.h and sched.h.
  private static final int SCHED_OP = 29;
  private static final int REMOTE_SHUTDOWN = 4;
  private static final int SHUTDOWN_CRASH = 3;

  private static final int NO_SUCH_PAGES = 1 << 12;

  private final List<String> ended = new ArrayList<>();
  private String logged = "";
  private BridgeDomain bridge;

  /** Kept as long as the domain: native code holds it. */
  private final HostedLibrary.Hypercalls xen =
      (op, command, structure, a3, a4, a5) -> {
        if (op == SCHED_OP && command == REMOTE_SHUTDOWN) {
          // struct sched_remote_shutdown
          var s = bridge.domain.memory(structure, 8);
          assertEquals(SHUTDOWN_CRASH, s.getInt(4));
          ended.add("domain " + s.getShort(0));
          logged = bridge.domain.console();
        }
        return 0;
      };

  @AfterEach
  void close() {
    bridge.close();
  }

  private void start() {
    bridge = new BridgeDomain(List.of("-xen-domid", "5")).init();
    bridge.domain.hypercalls(xen);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, ended with exit status 0",
    "1, 0, ended with exit status 1",
    "0, 6, killed by signal 6",
  })
  void endOfTheDeviceModel(int status, int signal, String reason) {
    start();
    bridge.program();
    // As QEMU does when the guest may run; FailedStartTest has the ends that come before.
    bridge
        .domain
        .xenstore()
        .write(BridgeDomain.HOME + "/device-model/" + BridgeDomain.GUEST + "/state", "running");
    assertThrows(
        DomainEndedException.class,
        () -> bridge.domain.call("hosted_bridge_ended", status, signal));
    assertEquals(List.of("domain " + BridgeDomain.GUEST), ended);
    assertTrue(logged.contains(reason), "the reason is in the log before: " + logged);
  }

  @Test
  void panicOfTheKernel() {
    start();
    bridge.program();
    DomainEndedException end =
        assertThrows(
            DomainEndedException.class,
            () -> bridge.domain.call("rumpuser_unmap", bridge.domain.address(0), NO_SUCH_PAGES));
    assertEquals(DomainEndedException.Reason.CRASH, end.reason());
    assertEquals(List.of("domain " + BridgeDomain.GUEST), ended);
    assertTrue(logged.contains("panic: "), logged);
  }

  @Test
  void domainThatServesNoOtherEndsAlone() {
    start();
    assertThrows(DomainEndedException.class, () -> bridge.domain.call("hosted_bridge_ended", 1, 0));
    assertEquals(List.of(), ended);
  }

  @Test
  void runningDeviceModelEndsNothing() {
    start();
    bridge.program();
    bridge.domain.advance(3_600_000_000_000L);
    assertEquals(List.of(), ended);
  }
}
