// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.Dom0;
import org.rumpstubdom.xl.Checker.DeviceModel;

/** A guest's life under stock xl on our stub domain: its end, save and restore, failed starts. */
@Tag("lab")
final class LifeCycleTest {
  private static final String NAME = "life";
  private static final String SAVED = "/run/saved";

  @Test
  void savedGuestsGoOn() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.run("xl", "create", "-p", host.configure(NAME, DeviceModel.STUBDOM));
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        console.await("NOTE orders: ready");
        console.order("net");
        dom0.run("xl", "save", NAME, SAVED);
      }
      assertFalse(dom0.run("xl", "list").contains(NAME));
      // The guest was idle: once restored it tells nothing by itself, it answers.
      dom0.run("xl", "restore", SAVED);
      try (XlHost.Console console = host.console(NAME)) {
        console.order("disk");
        console.order("net");
        dom0.run("rm", SAVED);
        dom0.run("xl", "save", "-c", NAME, SAVED);
        assertEquals(console.domid(), host.domid(NAME));
        console.order("disk");
        console.order("net");
        // Its device state would stand behind the first one's in libxl's file.
        assertNotEquals(0, dom0.execute("xl", "save", "-c", NAME, "/run/again").status());
        console.order("net");
      }
      dom0.run("xl", "destroy", NAME);
      dom0.run("xl", "restore", SAVED);
      try (XlHost.Console console = host.console(NAME)) {
        console.order("disk");
        console.order("net");
        console.type("off");
        console.await("TEST orders: SUCCESS");
      }
      host.await("! xl domid " + NAME + " 2>/dev/null", 60);
    }
  }

  @Test
  void creatingAndDestroyingLeavesNothing() throws IOException {
    createAndDestroy(5);
  }

  @Test
  @Tag("long")
  void creatingAndDestroyingOftenLeavesNothing() throws IOException {
    createAndDestroy(50);
  }

  private static void createAndDestroy(int times) throws IOException {
    try (XlHost host = new XlHost()) {
      String config = host.configure(NAME, DeviceModel.STUBDOM);
      String before = "";
      for (int i = 0; i < times; i++) {
        host.dom0().run("xl", "create", "-p", config);
        try (XlHost.Console console = host.console(NAME)) {
          host.dom0().run("xl", "unpause", NAME);
          console.await("NOTE orders: ready");
          console.order("disk");
          console.order("net");
        }
        assertNotEquals(before, Dom0State.of(host));
        host.dom0().run("xl", "destroy", NAME);
        String after = Dom0State.settled(host, before);
        if (i == 0) {
          // The first guest leaves empty directories in xenstore.
          before = after;
        }
        assertEquals(before, after);
      }
    }
  }

  @Test
  void brokenStubDomainsEndClearlyAndLeaveNothing() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      String config = host.configure(NAME, DeviceModel.STUBDOM);
      dom0.run("xl", "create", "-p", config);
      dom0.run("xl", "destroy", NAME);
      String before = Dom0State.settled(host, "");
      dom0.sh("echo 'not a kernel' >/run/text; head -c 4000000 \"$1\" >/run/half", XlHost.RAMDISK);

      broken(
          host,
          "half",
          "s|" + XlHost.RAMDISK + "|/run/half|",
          "startup timed out",
          "panic: bad ramdisk: truncated in a file");
      assertEquals(before, Dom0State.settled(host, before));

      broken(
          host,
          "small",
          "s|stubdomain_memory = 32|stubdomain_memory = 8|",
          "startup timed out",
          "no page is free; give the stub domain more (stubdomain_memory)");
      assertEquals(before, Dom0State.settled(host, before));

      // Nothing of ours ever runs here: libxl 4.17 forgets a stub domain that it could not build.
      broken(host, "text", "s|" + XlHost.KERNEL + "|/run/text|", "Invalid kernel", "");
      dom0.run("xl", "destroy", "text-dm");
      assertEquals(2, dom0.run("xl", "list").lines().count());
    }
  }

  /** Creates a guest whose configuration was edited: xl and the stub domain must say why not. */
  private static void broken(XlHost host, String name, String edit, String xlSays, String stubSays)
      throws IOException {
    Dom0 dom0 = host.dom0();
    String config = "/run/" + name + ".cfg";
    dom0.sh(
        "sed -e \"$1\" -e 's/^name = .*/name = \"'$2'\"/' /run/" + NAME + ".cfg >\"$3\"",
        edit,
        name,
        config);
    Dom0.Result result = dom0.execute("xl", "create", config);
    assertNotEquals(0, result.status());
    assertTrue(result.errors().contains(xlSays), result::errors);
    if (!stubSays.isEmpty()) {
      String log = dom0.run("cat", "/var/log/xen/qemu-dm-" + name + ".log");
      assertTrue(log.contains(stubSays), log);
    }
  }
}
