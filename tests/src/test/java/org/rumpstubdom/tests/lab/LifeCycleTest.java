// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;

/** A guest's life under stock xl on our stub domain: its end, save and restore, failed starts. */
@Tag("lab")
@Results.Of(DeviceModel.STUBDOM)
final class LifeCycleTest {
  private static final String NAME = "life";
  private static final String SAVED = "/run/saved";

  /** Gives the same commands whatever the device model; hands back what was seen. */
  private static List<String> commands(XlHost host, DeviceModel model) throws IOException {
    Dom0 dom0 = host.dom0();
    List<String> seen = new ArrayList<>();
    dom0.run("xl", "create", "-p", host.configure(NAME, model));
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      console.await("NOTE orders: ready");
      dom0.run("xl", "pause", NAME);
      seen.add("paused: " + isPaused(dom0));
      dom0.run("xl", "unpause", NAME);
      seen.add("paused: " + isPaused(dom0));
      console.order("disk");
      boolean interrupts = console.net(model);
      // A guest without PV drivers cannot be asked, only have its power button pressed.
      for (String command : List.of("shutdown", "reboot")) {
        seen.add("xl " + command + ": " + dom0.execute("xl", command, NAME).status());
      }
      console.order("disk");
      seen.add("xl shutdown -F: " + dom0.execute("xl", "shutdown", "-F", NAME).status());
      console.await("NOTE orders: power button");
      console.await("TEST orders: " + (interrupts ? "SUCCESS" : "FAILURE"));
    }
    host.await("! xl domid " + NAME + " 2>/dev/null", 60);
    dom0.run("cat", "/var/log/xen/xl-" + NAME + ".log")
        .lines()
        .filter(line -> line.contains("reason code"))
        .forEach(line -> seen.add(line.replaceAll("omain \\d+", "omain N")));
    return seen;
  }

  private static boolean isPaused(Dom0 dom0) throws IOException {
    String state = dom0.run("xl", "list", NAME).lines().toList().get(1).split(" +", -1)[4];
    return state.contains("p");
  }

  @Test
  @Results.Of({DeviceModel.DOM0, DeviceModel.STUBDOM})
  void commandsBehaveAsWithQemuInDom0() throws IOException {
    try (XlHost host = new XlHost()) {
      List<String> expected = commands(host, DeviceModel.DOM0);
      assertEquals(List.of("paused: true", "paused: false"), expected.subList(0, 2));
      assertTrue(
          expected.contains("Domain N has shut down, reason code 0 0x0"), expected::toString);
      host.dom0().sh("rm -f /var/log/xen/xl-*.log");
      assertEquals(expected, commands(host, DeviceModel.STUBDOM));
    }
  }

  /** The peer's are judged by QEMU in dom0, too. */
  @Test
  @Tag("long")
  @Results.Of(DeviceModel.LINUX)
  void commandsBehaveSoWithALinuxStubDomain() throws IOException {
    try (XlHost host = new XlHost()) {
      List<String> expected = commands(host, DeviceModel.DOM0);
      host.dom0().sh("rm -f /var/log/xen/xl-*.log");
      assertEquals(expected, commands(host, DeviceModel.LINUX));
    }
  }

  @Test
  void savedGuestsGoOn() throws IOException {
    savedGuestsGoOn(DeviceModel.STUBDOM);
  }

  /** The judge. */
  @Test
  @Tag("long")
  @Results.Of(DeviceModel.DOM0)
  void savedGuestsOfQemuInDom0GoOn() throws IOException {
    savedGuestsGoOn(DeviceModel.DOM0);
  }

  private static void savedGuestsGoOn(DeviceModel model) throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.run("xl", "create", "-p", host.configure(NAME, model));
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        console.await("NOTE orders: ready");
        console.net(model);
        dom0.run("xl", "save", NAME, SAVED);
      }
      assertFalse(dom0.run("xl", "list").contains(NAME));
      // The guest was idle: once restored it tells nothing by itself, it answers.
      dom0.run("xl", "restore", SAVED);
      try (XlHost.Console console = host.console(NAME)) {
        console.order("disk");
        console.net(model);
        dom0.run("rm", SAVED);
        dom0.run("xl", "save", "-c", NAME, SAVED);
        assertEquals(console.domid(), host.domid(NAME));
        console.order("disk");
        console.net(model);
        // A stub domain's device state would stand behind the first one's in libxl's file.
        boolean twice = dom0.execute("xl", "save", "-c", NAME, "/run/again").status() == 0;
        assertEquals(model == DeviceModel.DOM0, twice);
        console.net(model);
      }
      dom0.run("xl", "destroy", NAME);
      dom0.run("xl", "restore", SAVED);
      try (XlHost.Console console = host.console(NAME)) {
        console.order("disk");
        boolean interrupts = console.net(model);
        console.type("off");
        console.await("TEST orders: " + (interrupts ? "SUCCESS" : "FAILURE"));
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

  /** QEMU refuses an argument: xl says so at once, in QEMU's words, and the guest ends. */
  @Test
  void refusedArgumentIsToldByXl() throws IOException {
    String refused = "device_model_args_hvm = [ \"-nonsense\" ]\n";
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.run("xl", "create", "-p", host.configure(NAME, DeviceModel.STUBDOM));
      dom0.run("xl", "destroy", NAME);
      String before = Dom0State.settled(host, "");

      TestGuest guest = TestGuest.named("orders");
      String judged = host.configure("judged", guest, DeviceModel.DOM0, refused);
      assertNotEquals(0, dom0.execute("xl", "create", judged).status());
      String words =
          dom0.run("grep", "-ho", "[-]nonsense.*", "/var/log/xen/qemu-dm-judged.log").strip();
      assertFalse(words.isEmpty(), "QEMU in dom0 gives a reason");

      Dom0.Result result =
          dom0.execute(
              "sh",
              "-c",
              "read begin rest </proc/uptime; xl create \"$1\"; read end rest </proc/uptime; "
                  + "echo \"$begin $end\"",
              "sh",
              host.configure(NAME, guest, DeviceModel.STUBDOM, refused));
      assertTrue(result.errors().contains(words), result::errors);
      String[] times =
          result.output().strip().lines().reduce((a, b) -> b).orElseThrow().split(" ", -1);
      double seconds = Double.parseDouble(times[1]) - Double.parseDouble(times[0]);
      // The counted clock is the same on every machine.
      assertTrue(seconds < 2, "xl create took " + seconds + " s");
      host.await("! xl domid " + NAME + " 2>/dev/null", 60);
      assertEquals(before, Dom0State.settled(host, before));
    }
  }

  /** Where xl asks nothing when it creates the guest, it asks when the guest is to run. */
  @Test
  void refusedArgumentIsToldWhenAPausedOrSavedGuestIsToRun() throws IOException {
    String refused = "device_model_args_hvm = [ \"-nonsense\" ]\n";
    TestGuest guest = TestGuest.named("orders");
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.run("xl", "create", "-p", host.configure(NAME, DeviceModel.STUBDOM));
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        console.await("NOTE orders: ready");
        dom0.run("xl", "save", NAME, SAVED);
      }
      String other = host.configure(NAME, guest, DeviceModel.STUBDOM, refused);
      Dom0.Result restored = dom0.execute("xl", "restore", other, SAVED);
      assertTrue(restored.errors().contains("-nonsense: invalid option"), restored::errors);
      host.await("! xl domid " + NAME + " 2>/dev/null", 60);

      dom0.run("xl", "create", "-p", other);
      Dom0.Result unpaused = dom0.execute("xl", "unpause", NAME);
      assertTrue(unpaused.errors().contains("-nonsense: invalid option"), unpaused::errors);
      host.await("! xl domid " + NAME + " 2>/dev/null", 60);
      host.await("[ \"$(xl list | wc -l)\" = 2 ]", 60);
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

      // xl was told after it had created the guest; it prints that, and does not fail.
      Dom0.Result small = edited(host, "small", "s|stubdomain_memory = 32|stubdomain_memory = 8|");
      String little = "its stub domain has too little memory for this guest's devices: give it";
      assertTrue(small.errors().contains(little), small::errors);
      host.await("! xl domid small 2>/dev/null", 60);
      assertEquals(before, Dom0State.settled(host, before));

      // Nothing of ours ever runs here: libxl 4.17 forgets a stub domain that it could not build.
      broken(host, "text", "s|" + XlHost.KERNEL + "|/run/text|", "Invalid kernel", "");
      dom0.run("xl", "destroy", "text-dm");
      assertEquals(2, dom0.run("xl", "list").lines().count());
    }
  }

  /** QEMU leaves in an orderly way, of all things: its guest cannot go on, and xl is told. */
  @Test
  void guestEndsWithItsDeviceModel() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.run("xl", "create", "-p", host.configure(NAME, DeviceModel.STUBDOM));
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        console.await("NOTE orders: ready");
        console.order("disk");
        // Nobody answers it.
        dom0.sh("timeout 60 xl qemu-monitor-command \"$1\" quit >/dev/null 2>&1 &", NAME);
        host.await("grep -q 'reason code 3' /var/log/xen/xl-" + NAME + ".log", 5);
      }
      host.await("! xl domid " + NAME + " 2>/dev/null", 60);
      host.await("[ \"$(xl list | wc -l)\" = 2 ]", 60);
      String log = dom0.run("cat", "/var/log/xen/qemu-dm-" + NAME + ".log");
      assertTrue(log.contains("the device model ended with exit status 0"), log);
    }
  }

  /** Creates a guest whose configuration was edited: xl and the stub domain must say why not. */
  private static void broken(XlHost host, String name, String edit, String xlSays, String stubSays)
      throws IOException {
    Dom0.Result result = edited(host, name, edit);
    assertNotEquals(0, result.status());
    assertTrue(result.errors().contains(xlSays), result::errors);
    if (!stubSays.isEmpty()) {
      String log = host.dom0().run("cat", "/var/log/xen/qemu-dm-" + name + ".log");
      assertTrue(log.contains(stubSays), log);
    }
  }

  /** What `xl create` says of the guest's configuration after sed has edited it. */
  private static Dom0.Result edited(XlHost host, String name, String edit) throws IOException {
    String config = "/run/" + name + ".cfg";
    host.dom0()
        .sh(
            "sed -e \"$1\" -e 's/^name = .*/name = \"'$2'\"/' /run/" + NAME + ".cfg >\"$3\"",
            edit,
            name,
            config);
    return host.dom0().execute("xl", "create", config);
  }
}
