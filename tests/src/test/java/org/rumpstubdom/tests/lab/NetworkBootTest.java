// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;

/**
 * A guest without a disk boots from the network: the card's own firmware asks a server in dom0 for
 * an address and for a program, and starts it.
 */
@Tag("lab")
final class NetworkBootTest {
  private static final String NAME = "netboot";

  private static final String SERVERS =
      """
      mkdir -p /run/www /run/udhcpd && mv /run/pxe.bin /run/www/
      busybox httpd -p 10.9.0.1:80 -h /run/www
      : >/run/udhcpd/leases
      busybox udhcpd -S /run/udhcpd/conf
      """;

  private static final String LEASES =
      """
      start 10.9.0.100
      end 10.9.0.200
      interface xenbr0
      lease_file /run/udhcpd/leases
      pidfile /run/udhcpd/pid
      siaddr 10.9.0.1
      boot_file http://10.9.0.1/pxe.bin
      option subnet 255.255.255.0
      """;

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
  void everyCardWithFirmware() throws IOException {
    boot(
        List.of(DeviceModel.DOM0, DeviceModel.STUBDOM),
        List.of("rtl8139", "e1000e", "ne2k_pci", "pcnet", "vmxnet3", "virtio-net", "i82559er"));
  }

  private static void boot(List<DeviceModel> models, List<String> cards) throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.push(TestGuest.file("pxe.bin"), "/run/pxe.bin");
      dom0.run("mkdir", "-p", "/run/udhcpd");
      dom0.push(LEASES.getBytes(StandardCharsets.UTF_8), "/run/udhcpd/conf");
      dom0.sh(SERVERS);
      for (String card : cards) {
        for (DeviceModel model : models) {
          dom0.run("xl", "create", "-p", host.write(NAME, guest(card), model, ""));
          try (XlHost.Console console = host.console(NAME)) {
            dom0.run("xl", "unpause", NAME);
            console.await("TEST serial-io: SUCCESS");
          } catch (AssertionError e) {
            throw new AssertionError(card + " on " + model, e);
          }
          dom0.run("xl", "destroy", NAME);
        }
      }
    }
  }
}
