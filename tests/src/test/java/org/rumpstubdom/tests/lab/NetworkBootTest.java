// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/**
 * A guest without a disk boots from the network: the card's own firmware asks a server in dom0 for
 * an address and for a program, and starts it.
 */
@Tag("lab")
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NetworkBootTest {
  private static final String NAME = "netboot";

  /** Cards' firmware polls while it waits, on a processor that is emulated twice. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private static final int END_SECONDS = 60;

  private XlHost host;

  private static String guest(String card) {
    return """
        name = "%s"
        type = "hvm"
        memory = 64
        vnc = 0
        boot = "n"
        serial = "pty"
        vif = [ 'mac=00:16:3e:5d:00:60,model=%s,bridge=xenbr0' ]
        """
        .formatted(NAME, card);
  }

  @BeforeAll
  void boot() throws IOException {
    // With the counted clock each of the seconds that the firmware waits takes a minute.
    host = new XlHost(LabOptions.of(LabClock.WALL));
    NetworkServers.start(host.dom0(), "pxe.bin");
    host.dom0().push(TestGuest.file("pxe.bin"), NetworkServers.FILES + "/pxe.bin");
  }

  @AfterAll
  void shutDown() {
    if (host != null) {
      host.close();
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "e1000",
        "rtl8139",
        "e1000e",
        "ne2k_pci",
        "pcnet",
        "vmxnet3",
        "virtio-net",
        "i82559er"
      })
  void boots(String card) throws IOException {
    for (DeviceModel model : List.of(DeviceModel.DOM0, DeviceModel.STUBDOM)) {
      String outcome = Results.FAILED;
      try {
        boots(card, model);
        outcome = Results.PASSED;
      } finally {
        String test = "lab/NetworkBootTest#boots[" + card + "]";
        Results.record(test, model, LabRoot.DEFAULT_SUITE, outcome);
      }
    }
  }

  private void boots(String card, DeviceModel model) throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.run("xl", "create", "-p", host.write(NAME, guest(card), model, ""));
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      String end = console.await("TEST vga-text: (SUCCESS|FAILURE|ERROR)", PATIENCE);
      assertEquals("TEST vga-text: SUCCESS", end);
      System.out.println(java.time.LocalTime.now() + " OK " + card + " " + model);
    } catch (AssertionError e) {
      System.out.println(java.time.LocalTime.now() + " FAILED " + card + " " + model + e);
      System.out.println(
          dom0.execute("xl", "qemu-monitor-command", NAME, "screendump /run/screen.ppm"));
      dom0.pull("/run/screen.ppm", java.nio.file.Path.of("/tmp/c3/" + card + "-" + model + ".ppm"));
      System.out.println(dom0.execute("xl", "qemu-monitor-command", NAME, "info network"));
      System.out.println(
          dom0.sh(
              "grep . /sys/class/net/vif*/statistics/[rt]x_[pd]*; xl dmesg -c | tail -20; date; xl vcpu-list"));
    } finally {
      dom0.execute("xl", "destroy", NAME);
    }
    host.await("[ $(xl list | wc -l) = 2 ]", END_SECONDS);
  }
}
