// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
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
  private static final Duration PATIENCE = Duration.ofMinutes(20);

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
        "e1000e",
        "i82559er",
        "ne2k_pci",
        "pcnet",
        "rtl8139",
        "virtio-net",
        "vmxnet3"
      })
  void boots(String card) throws IOException {
    List<String> failed = new ArrayList<>();
    for (DeviceModel model : List.of(DeviceModel.DOM0, DeviceModel.STUBDOM)) {
      try {
        Results.run(
            "lab/NetworkBootTest#boots[" + card + "]",
            model,
            TestHost.suite(),
            () -> boots(card, model));
      } catch (AssertionError e) {
        failed.add(model + ": " + e.getMessage());
      }
    }
    assertEquals(List.of(), failed);
  }

  private void boots(String card, DeviceModel model) throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.run("xl", "create", "-p", host.write(NAME, guest(card), model, ""));
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      String end = console.await("TEST vga-text: (SUCCESS|FAILURE|ERROR)", PATIENCE);
      assertEquals("TEST vga-text: SUCCESS", end);
    } finally {
      dom0.execute("xl", "destroy", NAME);
    }
    host.await("[ $(xl list | wc -l) = 2 ]", END_SECONDS);
  }
}
