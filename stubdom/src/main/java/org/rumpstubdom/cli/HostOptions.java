// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabRoot;
import picocli.CommandLine.Option;

/** Options of every command that boots the emulated host. */
final class HostOptions {
  @Option(
      names = "--clock",
      paramLabel = "HOW",
      description =
          "Count instructions (repeatable, safe on a busy machine) or use the wall clock (faster):"
              + " ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
      defaultValue = "counted")
  private LabClock clock;

  @Option(
      names = "--suite",
      paramLabel = "NAME",
      description = "Debian release of the host's Xen and dom0 (default: ${DEFAULT-VALUE}).",
      defaultValue = LabRoot.DEFAULT_SUITE)
  private String suite;

  LabOptions options() {
    return new LabOptions(suite, clock, LabOptions.DEFAULT_MEMORY_MIB, true);
  }
}
