// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;

/** A stub domain in good health writes nothing that an administrator would have to look up. */
@Tag("lab")
final class HealthyLogTest {
  private static final String NAME = "healthy";
  private static final String SAVED = "/run/saved";
  private static final String LOG = "/var/log/xen/qemu-dm-" + NAME + ".log";

  /** Each of them brings a part of the bridge or of QEMU's Xen code to life. */
  private static final String DEVICES =
      """
      vnc = 1
      usb = 1
      usbdevice = "tablet"
      soundhw = "ac97"
      """;

  @Test
  void nothingFailsInAHealthyLife() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      TestGuest guest = TestGuest.named("orders");
      dom0.run("xl", "create", "-p", host.configure(NAME, guest, DeviceModel.STUBDOM, DEVICES));
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        console.await("NOTE orders: ready");
        console.order("disk");
        console.order("net");
        dom0.run("xl", "save", NAME, SAVED);
      }
      assertHealthy(dom0);
      dom0.run("xl", "restore", SAVED);
      try (XlHost.Console console = host.console(NAME)) {
        console.order("disk");
        console.order("net");
        dom0.run("rm", SAVED);
        dom0.run("xl", "save", "-c", NAME, SAVED);
        console.order("disk");
      }
      dom0.run("xl", "destroy", NAME);
      assertHealthy(dom0);
    }
  }

  private static void assertHealthy(Dom0 dom0) throws IOException {
    List<String> lines = dom0.run("cat", LOG).lines().toList();
    assertTrue(lines.stream().anyMatch(line -> line.contains("device model")), lines::toString);
    List<String> complaints =
        lines.stream()
            .filter(line -> line.toLowerCase(Locale.ROOT).matches(".*(fail|error|cannot).*"))
            .toList();
    assertEquals(List.of(), complaints);
  }
}
