// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabRoot;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the commands that boot one emulated host. */
final class HostOptions {
  @Mixin private ClockOption clock;

  @Mixin private PciOptions pci;

  @Option(
      names = "--suite",
      paramLabel = "NAME",
      description = "Debian release of the host's Xen and dom0 (default: ${DEFAULT-VALUE}).",
      defaultValue = LabRoot.DEFAULT_SUITE)
  private String suite;

  LabOptions options() {
    return LabOptions.of(clock.clock(), suite).withPci(pci.pci());
  }
}
