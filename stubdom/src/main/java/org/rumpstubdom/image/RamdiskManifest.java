// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the kernel shall run: the ramdisk's first entry, lines of "key value" in UTF-8.
 *
 * @param program absolute path of the executable in the ramdisk
 * @param mode "device-model" (arguments from the toolstack come first) or "plain"
 * @param arguments the program's arguments, in order, without its name
 * @param environment its environment
 */
public record RamdiskManifest(
    String program, String mode, List<String> arguments, Map<String, String> environment) {
  /** The entry's name in the ramdisk. */
  public static final String NAME = "stubdom.manifest";

  /** Checks what the line format cannot carry, and sorts the environment. */
  public RamdiskManifest {
    arguments = List.copyOf(arguments);
    environment = new TreeMap<>(environment);
    if (!program.startsWith("/")) {
      throw new IllegalArgumentException("the program needs an absolute path: " + program);
    }
    requireLine(program);
    arguments.forEach(RamdiskManifest::requireLine);
    environment.forEach(
        (name, value) -> {
          requireLine(name);
          requireLine(value);
          if (name.isEmpty() || name.contains("=")) {
            throw new IllegalArgumentException("not a variable's name: " + name);
          }
        });
  }

  /** A manifest for QEMU as device model: {@code arguments} follow those from the toolstack. */
  public static RamdiskManifest deviceModel(
      String program, List<String> arguments, Map<String, String> environment) {
    return new RamdiskManifest(program, "device-model", arguments, environment);
  }

  /** A manifest for any static Linux program, run with just these arguments. */
  public static RamdiskManifest plain(
      String program, List<String> arguments, Map<String, String> environment) {
    return new RamdiskManifest(program, "plain", arguments, environment);
  }

  /** The manifest's text. */
  public String text() {
    List<String> lines = new ArrayList<>();
    lines.add("program " + program);
    lines.add("mode " + mode);
    arguments.forEach(argument -> lines.add("arg " + argument));
    environment.forEach((name, value) -> lines.add("env " + name + "=" + value));
    return String.join("\n", lines) + "\n";
  }

  /** Whether a manifest can hold an argument. */
  public static boolean canHold(String argument) {
    return argument.indexOf('\n') < 0 && argument.indexOf('\0') < 0;
  }

  private static void requireLine(String text) {
    if (!canHold(text)) {
      throw new IllegalArgumentException("a line of the manifest cannot hold: " + text);
    }
  }
}
