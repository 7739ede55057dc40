// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/**
 * xl's verbs and a guest's ways to sleep, to start anew and to end: the same is done to the same
 * guest with QEMU in dom0 and with a stub domain, ours here, and what is seen has to be the same.
 */
@Tag("lab")
@Results.Of(
    value = {DeviceModel.DOM0, DeviceModel.STUBDOM},
    suite = LabRoot.DEFAULT_SUITE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VerbsTest {
  private static final String NAME = "verbs";

  /** How long the guest has, on dom0's clock, to come up and listen. */
  private static final int BOOT_SECONDS = 60;

  private XlHost host;

  /** The Debian release of the host. */
  String suite() {
    return LabRoot.DEFAULT_SUITE;
  }

  /** The stub domain. */
  DeviceModel judged() {
    return DeviceModel.STUBDOM;
  }

  /** A guest's answer without the failures that are known of the QEMU that this host has. */
  String withoutFaultsOfItsQemu(String answer) {
    return answer;
  }

  /** What xl printed, without the differences of form between two versions of QEMU. */
  String inOneForm(String said) {
    return said;
  }

  /** Devices for the monitor to tell of. */
  String devices() {
    return "usb = 1\nusbdevice = \"tablet\"\nsoundhw = \"es1370\"\n";
  }

  @BeforeAll
  void boot() throws IOException {
    host = new XlHost(suite());
    host.configure(NAME, DeviceModel.DOM0);
  }

  @AfterAll
  void shutDown() {
    if (host != null) {
      host.close();
    }
  }

  /** A running guest, and what was seen of it. */
  final class Guest implements AutoCloseable {
    final List<String> seen = new ArrayList<>();
    final DeviceModel model;
    String name = NAME;
    XlHost.Console console;

    Guest(DeviceModel model, String more) throws IOException {
      this.model = model;
      dom0().run("rm", "-f", "/var/log/xen/xl-" + NAME + ".log");
      dom0()
          .run(
              "xl",
              "create",
              "-p",
              host.configure(NAME, TestGuest.named("orders"), model, more, false));
      console = host.console(name);
      dom0().run("xl", "unpause", name);
      console.await("NOTE orders: ready");
    }

    Dom0 dom0() {
      return host.dom0();
    }

    /** Runs xl; what it prints, its numbers of domains and times aside, is what was seen. */
    void xl(String... arguments) throws IOException {
      String[] argv = new String[arguments.length + 1];
      argv[0] = "xl";
      System.arraycopy(arguments, 0, argv, 1, arguments.length);
      Dom0.Result result = dom0().execute(argv);
      String said = inOneForm(result.output() + result.errors()).strip();
      seen.add("xl " + String.join(" ", arguments) + ": " + result.status() + " " + plain(said));
    }

    void order(String order) throws IOException {
      String answer = console.answer(order);
      // The Linux stub domain's QEMU is a copy of it.
      if (model != DeviceModel.STUBDOM) {
        answer = withoutFaultsOfItsQemu(answer);
      }
      assertFalse(answer.contains("FAIL"), answer);
      seen.add(order + ": " + answer.replaceAll("\\s+", " ").strip());
    }

    void sh(String script, String... arguments) throws IOException {
      seen.add(script + ": " + plain(dom0().sh(script, arguments).strip()));
    }

    /** What xl, which watches over the guest, wrote of its ends. */
    void ends() throws IOException {
      dom0()
          .run("cat", "/var/log/xen/xl-" + NAME + ".log")
          .lines()
          .filter(line -> line.contains("reason code") || line.startsWith("Action"))
          .forEach(line -> seen.add(plain(line)));
    }

    /** The guest came up in another domain. */
    void follow(String old) throws IOException {
      // Only then has the old one's console passed on what was typed.
      host.await(
          "new=$(xl domid " + name + " 2>/dev/null) && [ \"$new\" != " + old + " ]", BOOT_SECONDS);
      console.close();
      console = host.console(name);
      // Half an order, typed before it listens, would end it.
      console.await("NOTE orders: ready");
    }

    @Override
    public void close() throws IOException {
      console.close();
      dom0().execute("xl", "destroy", name);
      host.await("[ $(xl list | wc -l) = 2 ]", BOOT_SECONDS);
    }
  }

  private static String plain(String text) {
    return text.replaceAll("(?i)domain [\"']?\\d+", "domain N")
        .replaceAll("domid([ =])\\d+", "domid$1N")
        .replaceAll("\\d{8}T\\d{4}Z", "TIME")
        .replaceAll("\\[(pid )?\\d+]", "[N]")
        .replaceAll("(backend|device)/(\\w+)/\\d+/", "$1/$2/N/")
        .replaceAll("libxl_\\w+\\.c:\\d+:", "libxl:");
  }

  @FunctionalInterface
  interface Script {
    void run(Guest guest) throws IOException;
  }

  private List<String> seen(DeviceModel model, String more, Script script) throws IOException {
    try (Guest guest = new Guest(model, more)) {
      script.run(guest);
      return guest.seen;
    }
  }

  final List<String> assertSame(String more, Script script) throws IOException {
    List<String> expected = seen(DeviceModel.DOM0, more, script);
    assertEquals(String.join("\n", expected), String.join("\n", seen(judged(), more, script)));
    return expected;
  }

  /** The table of features leaves none of this xl's verbs out. */
  @Test
  void everyVerbHasARow() throws IOException {
    Set<String> verbs = new TreeSet<>();
    Matcher verb = Pattern.compile("(?m)^ ([a-z][a-z0-9-]+) +\\S").matcher(help());
    while (verb.find()) {
      verbs.add(verb.group(1));
    }
    assertTrue(verbs.contains("create"), verbs::toString);
    Path table = Path.of(System.getProperty("rumpstubdom.checkout"), "tests/features.tsv");
    for (String line : Files.readAllLines(table)) {
      String[] cells = line.split("\t", -1);
      if (cells[0].equals("verb")) {
        verbs.remove(cells[1]);
      }
    }
    assertEquals(Set.of(), verbs);
  }

  private String help() throws IOException {
    return host.dom0().run("xl", "help");
  }

  @Test
  void triggers() throws IOException {
    List<String> seen =
        assertSame(
            "",
            guest -> {
              guest.order("nmi");
              guest.xl("trigger", guest.name, "nmi");
              guest.order("nmi");
              guest.order("events");
              guest.xl("trigger", guest.name, "sleep");
              guest.order("events");
              guest.xl("sysrq", guest.name, "h");
              guest.order("disk");
              guest.xl("trigger", guest.name, "power");
              guest.console.await("NOTE orders: power button");
            });
    assertTrue(seen.stream().anyMatch(line -> line.contains("nmi=1")), seen::toString);
    assertTrue(seen.stream().anyMatch(line -> line.contains("sleep_button=1")), seen::toString);
  }

  @Test
  void monitorCommands() throws IOException {
    assertSame(
        devices(),
        guest -> {
          for (String command :
              List.of(
                  "info name",
                  "info status",
                  "info pci",
                  "info usb",
                  "info mice",
                  "info nonsense")) {
            guest.xl("qemu-monitor-command", guest.name, command);
          }
        });
  }

  @Test
  @Tag("long")
  void processorsAreAdded() throws IOException {
    List<String> seen =
        assertSame(
            "maxvcpus = 4\n",
            guest -> {
              guest.order("cpus");
              guest.xl("vcpu-set", "--ignore-host", guest.name, "3");
              guest.order("cpus");
              guest.xl("vcpu-set", "--ignore-host", guest.name, "2");
              guest.order("cpus");
              guest.xl("vcpu-set", "--ignore-host", guest.name, "5");
              guest.order("disk");
            });
    assertTrue(seen.stream().anyMatch(line -> line.contains("cpus=7")), seen::toString);
  }

  @Test
  void memoryAndName() throws IOException {
    assertSame(
        "",
        guest -> {
          guest.xl("mem-set", guest.name, "48");
          guest.sh("xenstore-read /local/domain/$(xl domid " + guest.name + ")/memory/target");
          guest.xl("mem-max", guest.name, "80");
          guest.order("disk");
          guest.xl("rename", guest.name, "renamed");
          guest.name = "renamed";
          guest.sh("xl list | awk 'NR > 2 { print $1, $4 }' | grep -v -- -dm");
          guest.xl("pause", guest.name);
          guest.xl("unpause", guest.name);
          guest.xl("qemu-monitor-command", guest.name, "info status");
          guest.order("disk");
          guest.order("net");
          guest.xl("list", "nobody");
        });
  }

  @Test
  void sleepsAndWakes() throws IOException {
    assertSame(
        "",
        guest -> {
          guest.console.type("suspend");
          guest.dom0().run("sleep", "3");
          guest.xl("trigger", guest.name, "s3resume");
          guest.seen.add(guest.console.await("(?s).*?DATA orders: done=suspend\\s"));
          guest.order("disk");
          guest.order("net");
        });
  }

  @Test
  @Tag("long")
  void resetsStartAnew() throws IOException {
    assertSame(
        "",
        guest -> {
          for (String way : List.of("reset", "cf9", "triple")) {
            String old = host.domid(guest.name);
            guest.console.type(way);
            guest.follow(old);
            guest.order("disk");
            guest.order("net");
          }
          guest.ends();
        });
  }

  @Test
  @Tag("long")
  void softResetGoesOn() throws IOException {
    assertSame(
        "",
        guest -> {
          String old = host.domid(guest.name);
          guest.console.type("soft");
          // xl takes the old device model away and starts another, then watches again.
          host.await(
              "[ $(grep -c 'Waiting for domain' /var/log/xen/xl-" + NAME + ".log) = 2 ]",
              BOOT_SECONDS);
          // What is left of the first stub domain has no name: Xen keeps it until the guest ends.
          guest.sh("xl list | awk 'NR > 2 { print $1 }' | grep -v -e -dm -e null");
          guest.seen.add("same domain: " + host.domid(guest.name).equals(old));
          guest.console.close();
          guest.console = host.console(guest.name);
          guest.console.awaitAnswer("nmi");
          guest.order("disk");
          guest.ends();
        });
  }

  /** The guest says itself that it has crashed, and comes up in another domain. */
  @Test
  @Tag("long")
  void crashesStartAnew() throws IOException {
    List<String> seen =
        assertSame(
            "on_crash = \"restart\"\n",
            guest -> {
              String old = host.domid(guest.name);
              guest.console.type("crash");
              guest.follow(old);
              guest.order("disk");
              guest.order("net");
              guest.ends();
            });
    assertTrue(seen.stream().anyMatch(line -> line.contains("reason code 3")), seen::toString);
  }

  @Test
  void actionsAtTheEnd() throws IOException {
    assertSame(
        "on_poweroff = \"preserve\"\n",
        guest -> {
          guest.console.type("off");
          guest.console.await("TEST orders: SUCCESS");
          host.await("grep -q 'reason code 0' /var/log/xen/xl-" + NAME + ".log", BOOT_SECONDS);
          guest.dom0().run("sleep", "3");
          guest.sh("xl list | awk 'NR > 2 { print $1 }' | grep -v -- -dm");
          guest.ends();
        });
  }

  @Test
  @Tag("long")
  void devicesComeAndGo() throws IOException {
    host.dom0().sh("head -c 1048576 /dev/zero >/run/extra.img");
    assertSame(
        "",
        guest -> {
          guest.xl(
              "block-attach", guest.name, "format=raw,vdev=xvdb,access=rw,target=/run/extra.img");
          guest.sh("xl block-list " + guest.name + " | awk '{ print $1, $4 }'");
          guest.xl(
              "network-attach", guest.name, "bridge=xenbr0", "mac=00:16:3e:5d:00:77", "type=vif");
          guest.sh("xl network-list " + guest.name + " | awk '{ print $1, $3, $5 }'");
          guest.order("disk");
          guest.order("net");
          guest.xl("network-detach", guest.name, "1");
          guest.xl("block-detach", guest.name, "xvdb");
          guest.sh("xl block-list " + guest.name + " | awk '{ print $1, $4 }'");
          guest.order("disk");
          guest.order("net");
          guest.xl("usbctrl-attach", guest.name, "type=devicemodel", "version=2");
          guest.xl("usb-list", guest.name);
          guest.xl("qemu-monitor-command", guest.name, "info usb");
          guest.xl("usbctrl-detach", guest.name, "0");
          guest.order("disk");
        });
  }
}
