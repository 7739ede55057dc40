// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.linux.RumpKernels;
import org.rumpstubdom.xl.DeviceModel;

/** The stub domain's own network, on NetBSD's TCP/IP; dom0 is the other end. */
@Tag("lab")
final class StubNetworkTest {
  private static final String NAME = "net";

  private static final String CONFIGURATION =
      """
      vif = [ 'mac=00:16:3e:5d:00:05,model=e1000,bridge=xenbr0',
              'mac=00:16:3e:5d:00:06,type=vif,bridge=xenbr0' ]
      stubdomain_cmdline = "rump.net=1,10.9.0.7/24,10.9.0.1"
      device_model_args_hvm = [ "-display", "vnc=:1" ]
      """;

  @Test
  void dom0ReachesTheStubDomainItself() throws IOException {
    Path kernel = RumpKernels.build(RumpKernels.netbsd(), List.of("inet", "virtif")).file();
    try (XlHost host = new XlHost(kernel)) {
      String file =
          host.configure(NAME, TestGuest.named("orders"), DeviceModel.STUBDOM, CONFIGURATION);
      host.dom0().run("xl", "create", file);
      String pings = host.dom0().sh("busybox ping -c 5 -s 1400 10.9.0.7");
      assertTrue(pings.contains("5 packets received"), pings);
      String greeting = host.dom0().sh("busybox nc 10.9.0.7 5901 </dev/null | head -c 12");
      assertEquals("RFB 003.008", greeting.strip());
      host.dom0().run("xl", "destroy", NAME);
    }
  }
}
