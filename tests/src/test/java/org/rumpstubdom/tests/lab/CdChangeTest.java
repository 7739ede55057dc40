// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The medium of a CD drive is changed by xl while the guest runs, which libxl does for a guest with
 * a stub domain from Xen 4.20 on: as with QEMU in dom0.
 */
@Tag("lab")
@Tag("long")
final class CdChangeTest {
  /** With Xen 4.20. */
  private static final String SUITE = "trixie";

  private static final String NAME = "media";

  /**
   * What the guest finds in its drive, first and after each change. Left to itself libxl has a CD
   * served by the QEMU in dom0, which serves no empty one; what nobody serves libxl cannot take
   * away. The kernel's backend gets an empty file from it.
   */
  private static List<String> change(XlHost host, DeviceModel model, String first)
      throws IOException {
    Dom0 dom0 = host.dom0();
    List<String> seen = new ArrayList<>();
    String drive =
        "disk += [ 'format=raw,vdev=hdc,access=ro,devtype=cdrom,backendtype=phy,target="
            + first
            + "' ]\n";
    dom0.run("xl", "create", "-p", host.configure(NAME, TestGuest.named("orders"), model, drive));
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      console.await("NOTE orders: ready");
      seen.add(cd(console));
      for (String medium : List.of("/run/b.iso", "/run/a.iso", "/run/b.iso")) {
        Dom0.Result result = dom0.execute("xl", "-vvv", "cd-insert", NAME, "hdc", medium);
        assertEquals(0, result.status(), result::errors);
        seen.add(cd(console));
      }
      Dom0.Result ejected = dom0.execute("xl", "-vvv", "cd-eject", NAME, "hdc");
      assertEquals(0, ejected.status(), ejected::errors);
      seen.add(cd(console));
      dom0.run("xl", "cd-insert", NAME, "hdc", "/run/a.iso");
      seen.add(cd(console));
      console.order("disk");
    }
    dom0.run("xl", "destroy", NAME);
    return seen;
  }

  private static String cd(XlHost.Console console) throws IOException {
    return console.order("cd").replaceAll("(?s).*(cd=\\S+).*", "$1");
  }

  @Test
  @Results.Of(
      value = {DeviceModel.DOM0, DeviceModel.STUBDOM},
      suite = SUITE)
  void theGuestSeesEachMedium() throws IOException {
    try (XlHost host = new XlHost(SUITE)) {
      host.dom0().push(TestGuest.file("data.iso"), "/run/a.iso");
      host.dom0().push(TestGuest.file("boot-cd.iso"), "/run/b.iso");
      List<String> expected = change(host, DeviceModel.DOM0, "/run/a.iso");
      assertNotEquals(expected.get(0), expected.get(1));
      assertEquals(expected.get(0), expected.get(2));
      assertEquals("cd=none", expected.get(4));
      assertEquals(expected.get(0), expected.get(5));
      assertEquals(expected, change(host, DeviceModel.STUBDOM, "/run/a.iso"));
    }
  }

  @Test
  @Results.Of(
      value = {DeviceModel.DOM0, DeviceModel.STUBDOM},
      suite = SUITE)
  void anEmptyDriveIsFilled() throws IOException {
    try (XlHost host = new XlHost(SUITE)) {
      host.dom0().push(TestGuest.file("data.iso"), "/run/a.iso");
      host.dom0().push(TestGuest.file("boot-cd.iso"), "/run/b.iso");
      List<String> expected = change(host, DeviceModel.DOM0, "");
      assertEquals("cd=none", expected.get(0));
      assertNotEquals("cd=none", expected.get(1));
      assertEquals(expected, change(host, DeviceModel.STUBDOM, ""));
    }
  }

  /**
   * What is left to a guest on Xen 4.17: a further disk, beyond those that are emulated, becomes
   * the medium by a command of QEMU's monitor.
   */
  @Test
  @Results.Of(DeviceModel.STUBDOM)
  void anotherDiskBecomesTheMedium() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.push(TestGuest.file("data.iso"), "/run/a.iso");
      dom0.push(TestGuest.file("boot-cd.iso"), "/run/b.iso");
      String disks =
          """
          disk += [ 'format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/run/a.iso',
                    'format=raw,vdev=xvde,access=ro,target=/run/b.iso' ]
          """;
      TestGuest guest = TestGuest.named("orders");
      dom0.run("xl", "create", "-p", host.configure(NAME, guest, DeviceModel.STUBDOM, disks));
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        console.await("NOTE orders: ready");
        String first = cd(console);
        dom0.run("xl", "qemu-monitor-command", NAME, "change ide-5632 /dev/xvde");
        String second = cd(console);
        assertNotEquals(first, second);
        assertNotEquals("cd=none", second);
        dom0.run("xl", "qemu-monitor-command", NAME, "eject ide-5632");
        assertEquals("cd=none", cd(console));
        dom0.run("xl", "qemu-monitor-command", NAME, "change ide-5632 /dev/xvdc");
        assertEquals(first, cd(console));
      }
      dom0.run("xl", "destroy", NAME);
    }
  }
}
