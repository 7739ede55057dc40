// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A network interface of a guest; see xl-network-configuration(5).
 *
 * @param line where it stands in the configuration, counted from 1
 * @param options its options by name, as written
 */
public record Vif(int line, Map<String, String> options) {
  private static final Set<String> KNOWN =
      Set.of(
          "mac",
          "bridge",
          "gatewaydev",
          "type",
          "model",
          "vifname",
          "script",
          "ip",
          "backend",
          "rate",
          "devid",
          "mtu",
          "accel",
          "netdev");

  /** Copies the options. */
  public Vif {
    options = Map.copyOf(options);
  }

  static Vif parse(String spec, int line) throws SyntaxError {
    Map<String, String> options = new TreeMap<>();
    for (String part : spec.split(",", -1)) {
      String option = part.strip();
      int equals = option.indexOf('=');
      if (option.isEmpty() || option.equals("trusted") || option.equals("untrusted")) {
        continue;
      }
      String name = equals < 0 ? option : option.substring(0, equals);
      if (equals < 0 || !(KNOWN.contains(name) || name.startsWith("colo"))) {
        throw new SyntaxError(line, "vif '" + spec + "': unknown option '" + name + "'");
      }
      options.put(name, option.substring(equals + 1));
    }
    return new Vif(line, options);
  }

  /** The MAC address; empty when the toolstack makes one up. */
  public String mac() {
    return options.getOrDefault("mac", "");
  }

  /** The bridge in dom0; empty for the host's default. */
  public String bridge() {
    return options.getOrDefault("bridge", "");
  }

  /** The model of the emulated card. */
  public String model() {
    return options.getOrDefault("model", "rtl8139");
  }

  /** Whether there is an emulated card at all. */
  public boolean emulated() {
    return !options.getOrDefault("type", "ioemu").equals("vif");
  }
}
