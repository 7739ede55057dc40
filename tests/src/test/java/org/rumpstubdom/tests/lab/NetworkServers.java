// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.rumpstubdom.lab.host.Dom0;

/** What a network card's firmware asks for, served by dom0: an address, and files by HTTP. */
final class NetworkServers {
  /** Whose files are served. */
  static final String FILES = "/run/www";

  static final String ADDRESS = "http://10.9.0.1/";

  private static final String START =
      """
      : >/run/udhcpd/leases
      busybox httpd -p 10.9.0.1:80 -h /run/www
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
      boot_file %s
      option subnet 255.255.255.0
      """;

  private NetworkServers() {}

  /** Starts them; the file is what cards are told to boot. */
  static void start(Dom0 dom0, String file) throws IOException {
    dom0.run("mkdir", "-p", FILES, "/run/udhcpd");
    String leases = LEASES.formatted(ADDRESS + file);
    dom0.push(leases.getBytes(StandardCharsets.UTF_8), "/run/udhcpd/conf");
    dom0.sh(START);
  }
}
