// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
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
 * Keys of a configuration, one after the other added to the same guest: with what it starts, and
 * its disk and network card work, with QEMU in dom0, it does with our stub domain.
 */
@Tag("lab")
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KeysTest {
  private static final String NAME = "keys";

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

  @TestFactory
  Stream<DynamicTest> startsAsInDom0() {
    return Stream.of(
            "acpi = 0",
            "acpi_s4 = 0",
            "apic = 0",
            "boot = \"cn,menu=on,splash-time=100\"",
            "hap = 0",
            "hpet = 1",
            "keymap = \"de\"; vnc = 1",
            "localtime = 1; rtc_timeoffset = 3600",
            "maxmem = 96",
            "ms_vm_genid = \"generate\"",
            "nestedhvm = 1",
            "nographic = 1",
            "nographic = 1; vga = \"none\"",
            "sdl = 0; opengl = 0",
            "soundhw = \"ac97\"",
            "soundhw = \"adlib\"",
            "soundhw = \"cs4231a\"",
            "soundhw = \"es1370\"",
            "soundhw = \"gus\"",
            "soundhw = \"hda\"",
            "soundhw = \"sb16\"",
            "usb = 1; usbdevice = [ \"mouse\", \"keyboard\", \"tablet\" ]",
            "usbversion = 1",
            "usbversion = 2",
            "usbversion = 3",
            "vcpus = 4",
            "vendor_device = \"xenserver\"",
            "vga = \"none\"",
            "vga = \"stdvga\"; videoram = 64",
            "viridian = 1",
            "vkb_device = 0",
            "vnc = 1; vnclisten = \"127.0.0.1\"; vncdisplay = 7; vncunused = 0",
            "xen_platform_pci = 0")
        .map(
            line ->
                DynamicTest.dynamicTest(
                    line,
                    () ->
                        assertEquals(
                            came(DeviceModel.DOM0, line), came(DeviceModel.STUBDOM, line))));
  }

  /** "up" when the guest came up and its devices work; how xl create ended otherwise. */
  private String came(DeviceModel model, String line) throws IOException {
    Dom0 dom0 = host.dom0();
    String config = host.configure(NAME, TestGuest.named("orders"), model, line + "\n");
    Dom0.Result created = dom0.execute("xl", "create", "-p", config);
    if (created.status() != 0) {
      return "refused";
    }
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      console.await("NOTE orders: ready");
      console.order("disk");
      console.order("net");
      return "up";
    } finally {
      dom0.run("xl", "destroy", NAME);
    }
  }
}
