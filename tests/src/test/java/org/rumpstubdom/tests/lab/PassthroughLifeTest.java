// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.LabPci;
import org.rumpstubdom.lab.host.LabPci.Device;
import org.rumpstubdom.lab.host.LabPci.Iommu;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/** Passed-through devices in a guest's life under stock xl: they come late, go, and stay. */
@Tag("lab")
final class PassthroughLifeTest {
  private static final String NAME = "devices";
  private static final String EDU = "0000:00:10.0";
  private static final String SECOND_EDU = "0000:00:18.0";
  private static final String NVME = "0000:00:11.0";
  private static final String TESTDEV = "0000:00:0f.0";

  /** What a stub domain has without any device. */
  private static final int MEMORY_KIB = 32 << 10;

  private static final Pattern MEMORY =
      Pattern.compile("memory: (\\d+) KiB free \\(at least (\\d+)\\) of (\\d+) KiB managed");

  private static XlHost host(Device... devices) throws IOException {
    return host(LabRoot.DEFAULT_SUITE, Iommu.INTEL, devices);
  }

  private static XlHost host(String suite, Iommu iommu, Device... devices) throws IOException {
    return new XlHost(suite, new LabPci(iommu, List.of(devices)));
  }

  private static XlHost.Console start(XlHost host, String name, String more) throws IOException {
    return start(host, name, DeviceModel.STUBDOM, more);
  }

  private static XlHost.Console start(XlHost host, String name, DeviceModel model, String more)
      throws IOException {
    String configuration = host.configure(name, TestGuest.named("pt-orders"), model, more);
    host.dom0().run("xl", "create", "-p", configuration);
    XlHost.Console console = host.console(name);
    host.dom0().run("xl", "unpause", name);
    console.await("NOTE pt-orders: ready");
    return console;
  }

  /** What `stubdom config` asks the host's administrator for. */
  private static void consent(XlHost host, String address) throws IOException {
    host.dom0().sh("echo \"$1\" >/sys/bus/pci/drivers/pciback/allow_interrupt_control", address);
  }

  private static void awaitEnd(XlHost host, String name) throws IOException {
    host.await("! xl domid " + name + " 2>/dev/null", 60);
    host.await("[ \"$(xl list | wc -l)\" = 2 ]", 60);
  }

  private static String log(XlHost host) throws IOException {
    return host.dom0().run("cat", "/var/log/xen/qemu-dm-" + NAME + ".log");
  }

  /** A guest that is given three devices, one after the other, and uses all of them. */
  private static void attachThree(XlHost host, XlHost.Console console) throws IOException {
    Dom0 dom0 = host.dom0();
    consent(host, EDU);
    dom0.run("xl", "pci-attach", NAME, EDU);
    console.order("place");
    console.order("edu");
    dom0.run("xl", "pci-attach", NAME, NVME + ",permissive=1");
    dom0.run("xl", "pci-attach", NAME, TESTDEV);
    console.order("place");
    console.order("nvme");
    console.order("testdev");
    console.order("edu");
  }

  private static void end(XlHost.Console console) throws IOException {
    console.type("off");
    console.await("TEST pt-orders: SUCCESS");
  }

  private static void assertAssignable(XlHost host, int devices) throws IOException {
    String list = host.dom0().run("xl", "pci-assignable-list");
    assertEquals(devices, list.lines().count(), list);
  }

  /** All within the memory of a stub domain without devices. */
  @Test
  @Results.Of(value = DeviceModel.STUBDOM, suite = LabRoot.DEFAULT_SUITE)
  void devicesComeWhileTheGuestRuns() throws IOException {
    devicesCome(LabRoot.DEFAULT_SUITE, Iommu.INTEL);
  }

  @ParameterizedTest
  @CsvSource({"bookworm, AMD", "trixie, INTEL", "trixie, AMD"})
  @Tag("long")
  void devicesComeOnOtherHosts(String suite, Iommu iommu) throws IOException {
    Results.run(
        "lab/PassthroughLifeTest#devicesComeOnOtherHosts[" + iommu + "]",
        DeviceModel.STUBDOM,
        suite,
        () -> devicesCome(suite, iommu));
  }

  private static void devicesCome(String suite, Iommu iommu) throws IOException {
    try (XlHost host = host(suite, iommu, Device.EDU, Device.NVME, Device.TESTDEV)) {
      try (XlHost.Console console = start(host, NAME, "")) {
        attachThree(host, console);
        host.dom0().run("xl", "sysrq", NAME + "-dm", "m");
        host.await("grep -q 'KiB managed' /var/log/xen/qemu-dm-" + NAME + ".log", 30);
        Matcher memory = MEMORY.matcher(log(host));
        assertTrue(memory.find(), log(host));
        assertTrue(Integer.parseInt(memory.group(2)) > 0, memory.group());
        assertTrue(Integer.parseInt(memory.group(3)) <= MEMORY_KIB, memory.group());
        end(console);
      }
      awaitEnd(host, NAME);
      assertAssignable(host, 3);
    }
  }

  /** The judge. */
  @Test
  @Tag("long")
  @Results.Of(DeviceModel.DOM0)
  void devicesComeWhileAGuestOfQemuInDom0Runs() throws IOException {
    try (XlHost host = host(Device.EDU, Device.NVME, Device.TESTDEV)) {
      try (XlHost.Console console = start(host, NAME, DeviceModel.DOM0, "")) {
        attachThree(host, console);
        end(console);
      }
      awaitEnd(host, NAME);
      assertAssignable(host, 3);
    }
  }

  /**
   * Keys for all of a guest's devices. What each is about: without it dom0 does not let the device
   * send messages, which the guest uses; nor has the device been made assignable before "seize".
   * QEMU 10 in dom0 is no judge: it loses interrupts by line, which the guest uses, too.
   */
  @ParameterizedTest
  @CsvSource({"bookworm, DOM0", "bookworm, STUBDOM", "trixie, STUBDOM"})
  @Tag("long")
  void keysOfAllDevices(String suite, DeviceModel model) throws IOException {
    try (XlHost host = host(suite, Iommu.INTEL, Device.EDU)) {
      for (String key : List.of("pci_permissive", "pci_msitranslate", "pci_power_mgmt")) {
        usesItWith(host, model, suite, key);
      }
      host.dom0().run("xl", "pci-assignable-remove", EDU);
      assertAssignable(host, 0);
      usesItWith(host, model, suite, "pci_seize");
    }
  }

  private static void usesItWith(XlHost host, DeviceModel model, String suite, String key)
      throws IOException {
    String keys = "pci = [ '" + EDU + "' ]\npci_permissive = 1\n" + key + " = 1\n";
    Results.run(
        "lab/PassthroughLifeTest#keysOfAllDevices[" + key + "]",
        model,
        suite,
        () -> {
          try (XlHost.Console console = start(host, NAME, model, keys)) {
            console.order("edu");
            end(console);
          }
          awaitEnd(host, NAME);
        });
  }

  /**
   * What xl tells of a running guest's devices, and whether it can take one away. From this guest,
   * which does not listen to such requests, it can by force only, which hides that it found none.
   */
  @ParameterizedTest
  @CsvSource({"bookworm, DOM0", "bookworm, STUBDOM", "trixie, STUBDOM"})
  @Tag("long")
  void devicesOfStubDomainsAreNotListed(String suite, DeviceModel model) throws IOException {
    boolean known = model == DeviceModel.DOM0;
    try (XlHost host = host(suite, Iommu.INTEL, Device.EDU)) {
      consent(host, EDU);
      try (XlHost.Console console = start(host, NAME, model, "pci = [ '" + EDU + "' ]\n")) {
        console.order("edu");
        Results.run(
            "lab/PassthroughLifeTest#devicesOfStubDomainsAreNotListed[pci-list]",
            model,
            suite,
            () -> assertEquals(known, host.dom0().run("xl", "pci-list", NAME).contains("00:10.0")));
        Results.run(
            "lab/PassthroughLifeTest#devicesOfStubDomainsAreNotListed[pci-detach]",
            model,
            suite,
            () -> {
              String how = known ? "-f" : "";
              Dom0.Result detached =
                  host.dom0().execute("sh", "-c", "xl pci-detach " + how + " " + NAME + " " + EDU);
              assertEquals(known, detached.status() == 0, detached::errors);
            });
        if (!known) {
          console.order("edu");
        }
      }
      host.dom0().run("xl", "destroy", NAME);
      awaitEnd(host, NAME);
    }
  }

  /** dom0 has not allowed messages: all else works, and the log says what is missing. */
  @Test
  @Tag("long")
  void missingConsentIsExplained() throws IOException {
    try (XlHost host = host(Device.EDU)) {
      try (XlHost.Console console = start(host, NAME, "pci = [ '" + EDU + "' ]\n")) {
        console.type("edu");
        String answer = console.await("(?s).*?DATA pt-orders: done=edu");
        assertTrue(answer.contains("FAIL pt-orders: edu: MSI is not enabled"), answer);
        assertTrue(answer.lines().noneMatch(l -> l.contains("FAIL") && l.contains("line")), answer);
        assertTrue(log(host).contains("allow_interrupt_control"), log(host));
        consent(host, EDU);
        console.order("edu");
      }
      host.dom0().run("xl", "destroy", NAME);
      awaitEnd(host, NAME);
    }
  }

  /**
   * xl restarts a guest with the devices that libxl finds, and of a guest with a stub domain it
   * finds none. They can be given to the guest again.
   */
  @ParameterizedTest
  @EnumSource(names = {"DOM0", "STUBDOM"})
  @Tag("long")
  void rebootsLoseTheDevicesOfStubDomains(DeviceModel model) throws IOException {
    String more = "pci = [ '" + NVME + ",permissive=1' ]\non_reboot = 'restart'\n";
    try (XlHost host = host(Device.NVME)) {
      String first;
      try (XlHost.Console console = start(host, NAME, model, more)) {
        first = console.domid();
        console.order("nvme");
        console.type("reset");
        host.await(
            "[ \"$(xl domid " + NAME + " 2>/dev/null || echo " + first + ")\" != " + first + " ]",
            120);
      }
      try (XlHost.Console console = host.console(NAME)) {
        assertNotEquals(first, console.domid());
        console.awaitAnswer("alive");
        if (model == DeviceModel.STUBDOM) {
          console.order("absent");
          assertAssignable(host, 1);
          host.dom0().run("xl", "pci-attach", NAME, NVME + ",permissive=1");
          console.order("place");
        }
        console.order("nvme");
        end(console);
      }
      awaitEnd(host, NAME);
      assertAssignable(host, 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"bookworm, INTEL", "bookworm, AMD", "trixie, INTEL", "trixie, AMD"})
  @Tag("long")
  void guestsFollowEachOtherWithDevicesOfTheirOwn(String suite, Iommu iommu) throws IOException {
    try (XlHost host = host(suite, iommu, Device.EDU, Device.EDU)) {
      for (String address : List.of(EDU, SECOND_EDU)) {
        consent(host, address);
        try (XlHost.Console console = start(host, NAME, "pci = [ '" + address + "' ]\n")) {
          console.order("edu");
          end(console);
        }
        awaitEnd(host, NAME);
      }
    }
  }

  @Test
  @Tag("long")
  void guestsLiveSideBySide() throws IOException {
    try (XlHost host = host(Device.EDU, Device.EDU)) {
      consent(host, EDU);
      consent(host, SECOND_EDU);
      try (XlHost.Console one = start(host, NAME, "pci = [ '" + EDU + "' ]\n");
          XlHost.Console two = start(host, "other", "pci = [ '" + SECOND_EDU + "' ]\n")) {
        one.order("edu");
        two.order("edu");
        one.order("edu");
        host.dom0().run("xl", "destroy", NAME);
        two.order("edu");
      }
      host.dom0().run("xl", "destroy", "other");
      awaitEnd(host, "other");
    }
  }

  /** The backend closes under a running guest: it goes on, without the device's configuration. */
  @Test
  @Tag("long")
  void guestOutlivesTheBackend() throws IOException {
    try (XlHost host = host(Device.EDU)) {
      Dom0 dom0 = host.dom0();
      consent(host, EDU);
      try (XlHost.Console console = start(host, NAME, "pci = [ '" + EDU + "' ]\n")) {
        console.order("edu");
        String stub =
            dom0.run(
                    "xenstore-read",
                    "/local/domain/" + console.domid() + "/image/device-model-domid")
                .strip();
        dom0.run("xenstore-write", "/local/domain/0/backend/pci/" + stub + "/0/state", "5");
        host.await(
            "grep -q 'pci: the backend went away' /var/log/xen/qemu-dm-" + NAME + ".log", 30);
        console.order("gone");
        console.order("alive");
        end(console);
      }
      awaitEnd(host, NAME);
    }
  }

  /** A USB controller, with a keyboard behind it, in Debian's kernel. */
  @ParameterizedTest
  @CsvSource({"bookworm, INTEL", "bookworm, AMD", "trixie, INTEL"})
  @Tag("long")
  void keysReachTheGuestThroughAUsbController(String suite, Iommu iommu) throws IOException {
    TestGuest guest = TestGuest.named("linux-usb");
    try (XlHost host = host(suite, iommu, Device.XHCI)) {
      String more = "pci = [ '0000:00:15.0,permissive=1' ]\n";
      String config = host.configure(NAME, guest, DeviceModel.STUBDOM, more);
      host.dom0().run("xl", "create", "-p", config);
      try (XlHost.Console console = host.console(NAME)) {
        host.dom0().run("xl", "unpause", NAME);
        console.await("NOTE linux: press a key");
        host.pressKey("a");
        console.await("DATA linux: key=30");
        console.await("TEST linux: SUCCESS");
      }
      awaitEnd(host, NAME);
    }
  }
}
