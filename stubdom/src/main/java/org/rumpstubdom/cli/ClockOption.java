// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import org.rumpstubdom.lab.host.LabClock;
import picocli.CommandLine.Option;

/** The option {@code --clock} of every command that boots the emulated host. */
final class ClockOption {
  @Option(
      names = "--clock",
      paramLabel = "HOW",
      description =
          "Count instructions (repeatable, safe on a busy machine) or use the wall clock (faster):"
              + " ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
      defaultValue = "counted")
  private LabClock clock;

  LabClock clock() {
    return clock;
  }
}
