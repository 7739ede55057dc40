// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A plugin of the emulator, which sees what the emulated host executes and changes nothing of it: a
 * state of a host that was saved without one fits.
 *
 * @param library the shared library
 * @param arguments its arguments, by name
 */
public record LabPlugin(Path library, SortedMap<String, String> arguments) {
  /** Copies the arguments. */
  public LabPlugin {
    arguments = new TreeMap<>(arguments);
  }
}
