// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/**
 * A guest without a disk boots from the network: the card's own firmware asks a server in dom0 for
 * an address and for a program, and starts it.
 */
@Tag("lab")
final class NetworkBootTest {
  private static final String NAME = "netboot";

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

  @Test
  void usualCard() throws IOException {
    boot(List.of(DeviceModel.STUBDOM), List.of("e1000"));
  }

  @Test
  @Tag("long")
  void everyCard() throws IOException {
    boot(
        List.of(DeviceModel.DOM0, DeviceModel.STUBDOM),
        List.of("rtl8139", "e1000e", "ne2k_pci", "pcnet", "vmxnet3", "virtio-net", "i82559er"));
  }

  private static void boot(List<DeviceModel> models, List<String> cards) throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      NetworkServers.start(dom0, "pxe.bin");
      dom0.push(TestGuest.file("pxe.bin"), NetworkServers.FILES + "/pxe.bin");
      List<String> failures = new ArrayList<>();
      for (String card : cards) {
        for (DeviceModel model : models) {
          String outcome = Results.FAILED;
          dom0.run("xl", "create", "-p", host.write(NAME, guest(card), model, ""));
          try (XlHost.Console console = host.console(NAME)) {
            dom0.run("xl", "unpause", NAME);
            console.await("TEST serial-io: SUCCESS");
            outcome = Results.PASSED;
          } catch (AssertionError e) {
            failures.add(card + " on " + model + ": " + e.getMessage());
          } finally {
            Results.record(
                "lab/NetworkBootTest#everyCard[" + card + "]",
                model,
                LabRoot.DEFAULT_SUITE,
                outcome);
          }
          dom0.run("xl", "destroy", NAME);
        }
      }
      assertEquals(List.of(), failures);
    }
  }
}
