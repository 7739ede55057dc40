// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Keys of a configuration, some at a time added to the same guest: with what it starts, and its
 * disk and network card work, with QEMU in dom0, it does with our stub domain.
 */
@Tag("lab")
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KeysTest {
  private static final List<DeviceModel> MODELS = List.of(DeviceModel.DOM0, DeviceModel.STUBDOM);
  private static final String WORKS = "works";
  private static final String REFUSED = "refused";
  private static final String NESTED = "nestedhvm = 1";

  private static final String NAME = "keys";

  /** In place of QEMU in dom0: tells what it was to do, and does not do it. */
  private static final String STAND_IN =
      """
      #!/bin/sh
      printf '%s\\n' "$@" >"$0.arguments"
      exit 1
      """;

  private static final String STAND_IN_PATH = "/run/stand-in";

  private static final String STUB_DOMAINS_ARGUMENTS =
      """
      vm=$(xenstore-read "/local/domain/$(xl domid "$1")/vm")
      xenstore-ls "$vm/image/dm-argv" | sed 's/^[0-9]* = "//; s/"$//'
      """;

  /** The guest whose disk is in dom0. */
  private String onDisk = "";

  private XlHost host;

  @BeforeAll
  void boot() throws IOException {
    host = new XlHost();
  }

  @AfterAll
  void shutDown() {
    if (host != null) {
      host.close();
    }
  }

  /** The usual guest writes nothing: its disk stays the same. */
  private String configure(TestGuest guest, DeviceModel model, String more) throws IOException {
    boolean fresh = !guest.name().equals(onDisk);
    onDisk = guest.name();
    return host.configure(NAME, guest, model, more, fresh);
  }

  @TestFactory
  Stream<DynamicTest> startsAsInDom0() {
    return Stream.of(
            "acpi = 0",
            "nographic = 1",
            "acpi_s4 = 0; boot = \"cn,menu=on,splash-time=100\"; keymap = \"de\"; vnc = 1; "
                + "vnclisten = \"127.0.0.1\"; vncdisplay = 7; vncunused = 0",
            "vga = \"none\"; usb = 1; usbdevice = [ \"mouse\", \"keyboard\", \"tablet\" ]",
            "vga = \"stdvga\"; videoram = 64; usbversion = 3; vcpus = 4; memory = 128; maxmem = 192",
            "usbversion = 2; vendor_device = \"xenserver\"",
            "usbversion = 1; xen_platform_pci = 0",
            "soundhw = \"ac97\"",
            "soundhw = \"adlib\"",
            "soundhw = \"cs4231a\"",
            "soundhw = \"es1370\"",
            "soundhw = \"gus\"",
            "soundhw = \"hda\"",
            "soundhw = \"sb16\"")
        .map(
            line ->
                DynamicTest.dynamicTest(
                    line,
                    () -> {
                      for (DeviceModel model : MODELS) {
                        assertEquals(
                            isTaken(model, line) ? WORKS : REFUSED,
                            recorded(model, line),
                            model::toString);
                      }
                    }));
  }

  /**
   * libxl makes the arguments of every device model from these keys' configuration as from one
   * without them: what they change is between libxl, the firmware and the hypervisor.
   */
  @TestFactory
  Stream<DynamicTest> reachNoDeviceModel() throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.push(STAND_IN.getBytes(StandardCharsets.UTF_8), STAND_IN_PATH);
    dom0.run("chmod", "+x", STAND_IN_PATH);
    dom0.sh("head -c 4096 /dev/zero >/run/table");
    String inDom0 = arguments(DeviceModel.DOM0, "");
    String inStubDomain = arguments(DeviceModel.STUBDOM, "");
    // What libxl refuses together is apart.
    List<String> some =
        List.of(
            "acpi_firmware = \"/run/table\"",
            "acpi_laptop_slate = 1",
            "altp2m = \"external\"",
            "altp2mhvm = 1",
            "apic = 0",
            "blkdev_start = \"xvde\"",
            "cap = 50",
            "cpu_weight = 512",
            "cpuid = \"host,htt=0\"",
            "cpus = \"0\"",
            "driver_domain = 1",
            "extratime = 1",
            "hpet = 1",
            "latency = 1",
            "localtime = 1",
            "max_event_channels = 64",
            "max_grant_frames = 64",
            "max_grant_version = 1",
            "max_maptrack_frames = 64",
            "ms_vm_genid = \"generate\"",
            "vnuma = [ [ \"pnode=0\", \"size=64\", \"vcpus=0\", \"vdistances=10\" ] ]");
    List<String> others =
        List.of(
            "cpus_soft = \"0\"",
            "msr_relaxed = 1",
            "nomigrate = 1",
            "nx = 0",
            "on_watchdog = \"destroy\"",
            "oos = 0",
            "pae = 0",
            "passthrough = \"disabled\"",
            "period = 1",
            "pool = \"Pool-0\"",
            "rdm = \"strategy=host,policy=relaxed\"",
            "rdm_mem_boundary = 1024",
            "rtc_timeoffset = 3600",
            "shadow_memory = 8",
            "slice = 1",
            "smbios_firmware = \"/run/table\"",
            "timer_mode = \"no_delay_for_missed_ticks\"",
            "tsc_mode = \"native\"",
            "uuid = \"8a8d3d5e-0000-4000-8000-000000000001\"",
            "viridian = 1",
            "vpt_align = 0",
            "xend_suspend_evtchn_compat = 1");
    return Stream.of(some, others, List.of(NESTED))
        .map(keys -> String.join("; ", keys))
        .map(
            line ->
                DynamicTest.dynamicTest(
                    line,
                    () -> {
                      same(DeviceModel.DOM0, line, inDom0);
                      same(DeviceModel.STUBDOM, line, inStubDomain);
                    }));
  }

  /**
   * Whether the device model's QEMU takes what libxl says for these keys: {@code -no-acpi}, and a
   * sound card without a word of where its sound goes. Our image adds that word.
   */
  private static boolean isTaken(DeviceModel model, String line) throws IOException {
    boolean ours = model == DeviceModel.STUBDOM;
    if (line.contains("acpi = 0")) {
      return ours
          ? TestGuest.image().qemu().orElseThrow().knowsNoAcpi()
          : TestHost.suite().equals("bookworm");
    }
    return ours || !line.contains("soundhw") || TestHost.suite().equals("bookworm");
  }

  private void same(DeviceModel model, String line, String expected) throws IOException {
    String outcome = Results.FAILED;
    try {
      // Xen 4.20 wants more of a processor for it than the emulated host's has.
      boolean refused = line.equals(NESTED) && !TestHost.suite().equals("bookworm");
      assertEquals(refused ? REFUSED : expected, arguments(model, line + "\n"));
      outcome = refused ? REFUSED : "same";
    } finally {
      String test = "lab/KeysTest#reachNoDeviceModel[" + line + "]";
      Results.record(test, model, TestHost.suite(), outcome);
    }
  }

  /** The arguments that libxl made; the domain's number is replaced. Or that Xen refused. */
  private String arguments(DeviceModel model, String more) throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.run("rm", "-f", STAND_IN_PATH + ".arguments");
    boolean standsIn = model == DeviceModel.DOM0;
    String lines = standsIn ? "device_model_override = \"" + STAND_IN_PATH + "\"\n" + more : more;
    Dom0.Result created =
        dom0.execute("xl", "create", "-p", configure(TestGuest.named("orders"), model, lines));
    if (created.errors().contains("domain creation fail: Invalid argument")) {
      return REFUSED;
    }
    String arguments;
    if (standsIn) {
      assertNotEquals(0, created.status());
      assertTrue(created.errors().contains("device model"), created::errors);
      arguments = dom0.run("cat", STAND_IN_PATH + ".arguments");
    } else {
      assertEquals(0, created.status(), created::errors);
      arguments = dom0.sh(STUB_DOMAINS_ARGUMENTS, NAME);
      dom0.run("xl", "destroy", NAME);
    }
    return arguments.replaceAll("(-xen-domid\\s+|qmp-libx[a-z]+-|=vif)\\d+", "$1N");
  }

  private String recorded(DeviceModel model, String line) throws IOException {
    String outcome = Results.FAILED;
    try {
      outcome = came(model, line);
    } finally {
      String test = "lab/KeysTest#startsAsInDom0[" + line + "]";
      Results.record(test, model, TestHost.suite(), outcome);
    }
    return outcome;
  }

  /** "works" when the guest came up and its devices work, "refused" when xl create failed. */
  private String came(DeviceModel model, String line) throws IOException {
    Dom0 dom0 = host.dom0();
    // Without ACPI there is no power button, which that guest wants.
    boolean orders = !line.equals("acpi = 0");
    TestGuest guest = TestGuest.named(orders ? "orders" : "disk-pio");
    String config = configure(guest, model, line + "\n");
    Dom0.Result created = dom0.execute("xl", "create", "-p", config);
    if (created.status() != 0) {
      return REFUSED;
    }
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      if (orders) {
        console.await("NOTE orders: ready");
        console.order("disk");
        console.net(model);
      } else {
        console.await(guest.until());
      }
      return WORKS;
    } finally {
      dom0.run("xl", "destroy", NAME);
    }
  }
}
