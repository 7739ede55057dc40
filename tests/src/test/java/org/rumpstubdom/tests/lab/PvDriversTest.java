// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;

/**
 * A guest as most are: Debian's kernel, which unplugs the emulated disks and cards and uses PV ones
 * beside its device model. The toolstack can ask it for things that others only have done to them.
 */
@Tag("lab")
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PvDriversTest {
  private static final String GUEST = "linux-pv-orders";
  private static final String NAME = "drivers";
  private static final String SAVED = "/run/saved";

  /** Seconds of dom0's clock until a guest has come to its end, or up again. */
  private static final int END_SECONDS = 120;

  private XlHost host;

  @BeforeAll
  void boot() throws IOException {
    host = new XlHost();
    host.dom0().sh("head -c 1048576 /dev/zero >/run/extra.img");
  }

  @AfterAll
  void shutDown() {
    if (host != null) {
      host.close();
    }
  }

  private XlHost.Console start(DeviceModel model, String more) throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.run("rm", "-f", "/var/log/xen/xl-" + NAME + ".log");
    dom0.run("xl", "create", "-p", host.configure(NAME, TestGuest.named(GUEST), model, more));
    XlHost.Console console = host.console(NAME);
    dom0.run("xl", "unpause", NAME);
    console.await("NOTE linux: ready");
    return console;
  }

  private void awaitEnd() throws IOException {
    host.await("! xl domid " + NAME + " 2>/dev/null", END_SECONDS);
    host.await("[ $(xl list | wc -l) = 2 ]", END_SECONDS);
  }

  /** What the guest says of its disks and cards. */
  private static String devices(XlHost.Console console) throws IOException {
    return console.order("devices").replaceAll("(?s).*(disks=[^\r\n]*).*", "$1");
  }

  private void record(String test, DeviceModel model, Results.Part part) throws IOException {
    Results.run("lab/PvDriversTest#" + test, model, TestHost.suite(), part);
  }

  /** Disks and cards come and go while the guest runs; then it is asked to end. */
  private List<String> hotPlug(DeviceModel model) throws IOException {
    List<String> seen = new ArrayList<>();
    Dom0 dom0 = host.dom0();
    try (XlHost.Console console = start(model, "")) {
      seen.add(devices(console));
      dom0.run("xl", "block-attach", NAME, "format=raw,vdev=xvdc,access=rw,target=/run/extra.img");
      dom0.run("xl", "network-attach", NAME, "bridge=xenbr0", "mac=00:16:3e:5d:00:77", "type=vif");
      dom0.run("sleep", "3");
      seen.add(devices(console));
      console.order("disk");
      console.order("net");
      dom0.run("xl", "block-detach", NAME, "xvdc");
      dom0.run("xl", "network-detach", NAME, "1");
      dom0.run("sleep", "3");
      seen.add(devices(console));
      dom0.run("xl", "pause", NAME);
      dom0.run("xl", "unpause", NAME);
      console.order("disk");
      console.order("net");
      dom0.run("xl", "shutdown", NAME);
    }
    awaitEnd();
    dom0.run("cat", "/var/log/xen/xl-" + NAME + ".log")
        .lines()
        .filter(line -> line.contains("reason code"))
        .forEach(line -> seen.add(line.replaceAll("omain \\d+", "omain N")));
    return seen;
  }

  @Test
  void devicesComeAndGo() throws IOException {
    List<List<String>> judged = new ArrayList<>();
    record("devicesComeAndGo", DeviceModel.DOM0, () -> judged.add(hotPlug(DeviceModel.DOM0)));
    List<String> expected = judged.get(0);
    assertTrue(
        expected.get(1).contains("xvdc") && expected.get(1).contains("eth1"), expected::toString);
    assertEquals(expected.get(0), expected.get(2));
    record(
        "devicesComeAndGo",
        DeviceModel.STUBDOM,
        () -> assertEquals(expected, hotPlug(DeviceModel.STUBDOM)));
  }

  /** The guest itself takes part in a save, and finds its PV devices anew afterwards. */
  private void save(DeviceModel model) throws IOException {
    Dom0 dom0 = host.dom0();
    try (XlHost.Console console = start(model, "")) {
      console.order("disk");
      dom0.run("xl", "save", NAME, SAVED);
    }
    dom0.run("xl", "restore", SAVED);
    dom0.run("rm", SAVED);
    try (XlHost.Console console = host.console(NAME)) {
      // What is typed before its drivers are awake again is lost.
      console.awaitAnswer("devices");
      console.order("disk");
      console.order("net");
      dom0.run("xl", "save", "-c", NAME, SAVED);
      console.awaitAnswer("devices");
      console.order("disk");
      dom0.run("rm", SAVED);
      // A stub domain's second device state would stand behind the first one's in libxl's file.
      Dom0.Result again = dom0.execute("xl", "save", "-c", NAME, SAVED);
      assertEquals(model == DeviceModel.DOM0, again.status() == 0, again::errors);
      console.awaitAnswer("devices");
      console.order("disk");
      console.order("net");
      console.type("off");
      console.await("TEST linux: SUCCESS");
    }
    // The xl that watched over the guest took the save for its end.
    dom0.execute("xl", "destroy", NAME);
    awaitEnd();
    dom0.run("rm", "-f", SAVED);
  }

  @Test
  void savedGuestsGoOn() throws IOException {
    for (DeviceModel model : List.of(DeviceModel.DOM0, DeviceModel.STUBDOM)) {
      record("savedGuestsGoOn", model, () -> save(model));
    }
  }

  /** The guest is asked to reboot, and its devices are plugged in and unplugged again. */
  private void reboot(DeviceModel model) throws IOException {
    Dom0 dom0 = host.dom0();
    String first;
    try (XlHost.Console console = start(model, "on_reboot = \"restart\"\n")) {
      first = console.domid();
      dom0.run("xl", "reboot", NAME);
      host.await(
          "new=$(xl domid " + NAME + " 2>/dev/null) && [ \"$new\" != " + first + " ]", END_SECONDS);
    }
    try (XlHost.Console console = host.console(NAME)) {
      console.await("NOTE linux: ready");
      console.order("disk");
      console.order("net");
      console.type("off");
      console.await("TEST linux: SUCCESS");
    }
    awaitEnd();
  }

  @Test
  void rebootsWhenAsked() throws IOException {
    for (DeviceModel model : List.of(DeviceModel.DOM0, DeviceModel.STUBDOM)) {
      record("rebootsWhenAsked", model, () -> reboot(model));
    }
  }
}
