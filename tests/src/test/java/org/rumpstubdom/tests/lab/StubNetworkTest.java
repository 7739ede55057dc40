// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.tests.linux.RumpKernels;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The stub domain's own network, on NetBSD's TCP/IP: dom0 is the other end, with its own ping, its
 * own DHCP server and a VNC viewer. Needs NetBSD's libraries.
 */
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StubNetworkTest {
  private static final String NAME = "net";

  /** The second vif is the stub domain's. */
  private static final String VIFS =
      """
      vif = [ 'mac=00:16:3e:5d:00:05,model=e1000,bridge=xenbr0',
              'mac=00:16:3e:5d:00:06,type=vif,bridge=xenbr0' ]
      stubdomain_cmdline = "rump.net=1,%s"
      """;

  /** A lease of two minutes, of the one address there is. */
  private static final String DHCP_SERVER =
      """
      start 10.9.0.40
      end 10.9.0.40
      max_leases 1
      interface xenbr0
      option subnet 255.255.255.0
      option router 10.9.0.1
      option lease 120
      lease_file /run/dhcp.leases
      pidfile /run/dhcp.pid
      """;

  /** What a guest's screen is until it does something with it. */
  private static final String TEXT_MODE = "720x400";

  private XlHost host;

  /** Not once for all: so each test is counted that is skipped. */
  @BeforeEach
  void boot() throws IOException {
    Path libraries = RumpKernels.netbsd();
    if (host != null) {
      return;
    }
    Path kernel = RumpKernels.build(libraries, List.of("inet", "inet6", "virtif")).file();
    host = new XlHost(kernel);
    dom0().sh("ip -6 address add fd00:9::1/64 dev xenbr0");
  }

  @AfterAll
  void shutDown() {
    if (host != null) {
      host.close();
    }
  }

  private Dom0 dom0() {
    return host.dom0();
  }

  private void create(String configuration) throws IOException {
    TestGuest guest = TestGuest.named("orders");
    dom0().run("xl", "create", host.configure(NAME, guest, DeviceModel.STUBDOM, configuration));
    // The guest's own port of that vif, which has the same address.
    dom0().sh("ip link set vif$(xl domid \"$1\").1 nomaster down", NAME);
  }

  @AfterEach
  void destroy() throws IOException {
    if (host == null) {
      return;
    }
    dom0().run("xl", "destroy", NAME);
  }

  private boolean answers(String address, int size) throws IOException {
    String ping = "busybox ping -c 5 -s \"$2\" \"$1\" || true";
    String pings = dom0().sh(ping, address, Integer.toString(size));
    assertTrue(pings.contains("5 packets transmitted"), pings);
    return pings.contains("5 packets received");
  }

  private String log() throws IOException {
    return dom0().sh("cat /var/log/xen/qemu-dm-" + NAME + ".log");
  }

  @Test
  void dom0ReachesTheStubDomainItself() throws IOException {
    create(
        VIFS.formatted("10.9.0.7/24,10.9.0.1,fd00:9::7/64")
            + "device_model_args_hvm = [ '-vnc', ':1' ]\n");
    assertTrue(answers("10.9.0.7", 1400), this::tell);
    assertTrue(answers("fd00:9::7", 1400), this::tell);
    assertEquals(TEXT_MODE, Viewer.look(dom0(), "10.9.0.7", 1, null));
    assertEquals(TEXT_MODE, Viewer.look(dom0(), "fd00:9::7", 1, null));
  }

  private String tell() {
    try {
      return log();
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void anAddressByDhcp() throws IOException {
    dom0().push(DHCP_SERVER.getBytes(StandardCharsets.UTF_8), "/run/dhcp.conf");
    dom0().sh("busybox udhcpd -S /run/dhcp.conf </dev/null >/run/dhcp.log 2>&1");
    create(VIFS.formatted("dhcp"));
    host.await("grep -q 'by DHCP' /var/log/xen/qemu-dm-net.log", 60);
    // First NetBSD asks whether somebody else has the address.
    host.await("busybox ping -c 1 10.9.0.40", 10);
    assertTrue(answers("10.9.0.40", 56), this::tell);
    // The lease would have ended had it not been asked for again.
    dom0().run("sleep", "200");
    assertTrue(answers("10.9.0.40", 56), this::tell);
    dom0().sh("kill $(cat /run/dhcp.pid)");
    dom0().run("sleep", "130");
    assertFalse(answers("10.9.0.40", 56), this::tell);
    assertTrue(log().contains("the lease has ended"), this::tell);
    dom0().sh("busybox udhcpd -S /run/dhcp.conf </dev/null >/run/dhcp.log 2>&1");
    dom0().run("sleep", "70");
    assertTrue(answers("10.9.0.40", 56), this::tell);
    dom0().sh("kill $(cat /run/dhcp.pid)");
  }

  @Test
  void theScreenAsksForAPassword() throws IOException {
    create(
        VIFS.formatted("10.9.0.7/24")
            + "vnc = 0\n"
            + "device_model_args_hvm = [ '-object', 'secret,id=vnc-password,data=open sesame',"
            + " '-vnc', ':1,password-secret=vnc-password' ]\n");
    assertTrue(answers("10.9.0.7", 56), this::tell);
    // VNC takes the first eight characters.
    assertEquals(TEXT_MODE, Viewer.look(dom0(), "10.9.0.7", 1, "open ses"));
    assertEquals("refused", Viewer.look(dom0(), "10.9.0.7", 1, "open seS"));
  }
}
