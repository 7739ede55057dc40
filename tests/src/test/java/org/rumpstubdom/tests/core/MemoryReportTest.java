// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;
import org.rumpstubdom.tests.hosted.Xenstore;

/** What a domain says of its memory when dom0 asks, as {@code xl sysrq DOMAIN m} does. */
@Tag("hosted")
final class MemoryReportTest {
  private static final String NODE = "/local/domain/" + HostedDomain.DOMID + "/control/sysrq";
  private static final Pattern PROGRAM =
      Pattern.compile("memory: program +(\\d+) KiB, at most +(\\d+)");
  private static final int KIB = 1024;

  private static Matcher report(HostedDomain domain) {
    Xenstore store = domain.xenstore();
    int before = domain.console().length();
    store.write(NODE, "m");
    domain.settle();
    Matcher matcher = PROGRAM.matcher(domain.console().substring(before));
    assertTrue(matcher.find(), domain::console);
    return matcher;
  }

  @Test
  void itTellsWhatThereIsAndTheMostThereWas() {
    try (HostedDomain domain = HostedDomain.create(4096, 1)) {
      Xenstore store = domain.xenstore();
      store.mkdir(
          "/local/domain/" + HostedDomain.DOMID + "/control", "n0", "r" + HostedDomain.DOMID);
      domain.boot(Service.XENSTORE, Service.LINUX, Service.REPORT);
      assertFalse(domain.console().contains("memory: program"), "nobody has asked");
      long map = domain.syscall(9, 0, 100 * HostedDomain.PAGE_SIZE, 3, 0x22, -1, 0);
      Matcher first = report(domain);
      assertTrue(Long.parseLong(first.group(1)) >= 400, first::group);
      assertEquals(0, domain.syscall(11, map, 100 * HostedDomain.PAGE_SIZE));
      Matcher second = report(domain);
      assertEquals(
          Long.parseLong(first.group(1)) - 100 * HostedDomain.PAGE_SIZE / KIB,
          Long.parseLong(second.group(1)));
      assertEquals(first.group(2), second.group(2));
    }
  }

  @Test
  void otherLettersAreLinuxsOwn() {
    try (HostedDomain domain = HostedDomain.create(4096, 1)) {
      domain.boot(Service.XENSTORE, Service.REPORT);
      domain.xenstore().write(NODE, "b");
      domain.settle();
      assertFalse(domain.console().contains("memory:"), domain::console);
    }
  }
}
