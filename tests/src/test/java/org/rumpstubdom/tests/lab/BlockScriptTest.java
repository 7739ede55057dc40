// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;

/** What a user can do about the time of {@code xl create}: scripts/block-node. */
@Tag("lab")
@Results.Of(DeviceModel.STUBDOM)
final class BlockScriptTest {
  private static final String NAME = "quick";
  private static final String SCRIPT = "/etc/xen/scripts/block-node";

  /** Creates the guest and tells what the whole host executed for it. */
  private static final String CREATE =
      """
      before=$(/lab/meter busy)
      xl create -p "$1" || exit 1
      after=$(/lab/meter busy)
      echo $((after - before))
      """;

  private static String configure(XlHost host, String disk) throws IOException {
    return host.configure(
        NAME,
        TestGuest.named("orders"),
        DeviceModel.STUBDOM,
        "disk = [ 'format=raw,vdev=hda,access=rw," + disk + "' ]\n");
  }

  /** Creates and destroys. */
  private static long costs(XlHost host, String disk) throws IOException {
    String file = configure(host, disk);
    long instructions = Long.parseLong(create(host.dom0(), file));
    host.dom0().run("xl", "destroy", NAME);
    return instructions;
  }

  /** xl has its messages on standard output, too: the number is the last line. */
  private static String create(Dom0 dom0, String file) throws IOException {
    return dom0.sh(CREATE, file).lines().reduce((a, b) -> b).orElseThrow();
  }

  private static String install(XlHost host) throws IOException {
    Dom0 dom0 = host.dom0();
    Path script = Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/block-node");
    dom0.push(script, SCRIPT);
    dom0.run("chmod", "755", SCRIPT);
    configure(host, "target=/absent"); // puts the disk there
    return dom0.sh("/usr/sbin/losetup --find --show /run/" + NAME + ".img").strip();
  }

  @Test
  void aScriptThatAsksForNothingServesTheDiskForLess() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      String device = install(host);
      costs(host, "target=" + device); // the first one in a host pays more
      String before = Dom0State.settled(host, "");
      long usual = costs(host, "target=" + device);
      long quick = costs(host, "script=block-node,target=" + device);
      // The usual script runs twice, for the guest's disk and for its stub domain's. That is more
      // than a third of it all on Debian 12, and less on 13.
      assertTrue(quick < usual * 3 / 4, "usual " + usual + ", with block-node " + quick);
      create(dom0, configure(host, "script=block-node,target=" + device));
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        console.await("NOTE orders: ready");
        console.order("disk");
        console.type("off");
        console.await("TEST orders: SUCCESS");
      }
      host.await("! xl domid " + NAME + " 2>/dev/null", 60);
      assertEquals(before, Dom0State.settled(host, before));
    }
  }

  @Test
  void whatIsNoBlockDeviceIsRefusedWithAReason() throws IOException {
    try (XlHost host = new XlHost()) {
      install(host);
      for (String target : new String[] {"/absent", "/run/" + NAME + ".img"}) {
        Dom0.Result result =
            host.dom0()
                .execute(
                    "xl", "create", "-p", configure(host, "script=block-node,target=" + target));
        assertNotEquals(0, result.status());
        assertTrue(result.errors().contains(target), result::errors);
      }
    }
  }
}
