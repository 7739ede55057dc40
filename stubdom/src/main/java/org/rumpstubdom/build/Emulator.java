// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rumpstubdom.image.Component;
import org.rumpstubdom.image.QemuVersion;

/**
 * The emulator as it goes into an image.
 *
 * @param program the stripped executable
 * @param unstripped the same with symbols, for debuggers and backtraces
 * @param runtimeFiles the files it opens at run time, laid out as below {@code /}
 * @param copyright the notices and licences of all that is in it
 * @param components what it is made of, for the bill of materials
 * @param facts how it was built: sources, hashes, flags, compiler
 */
public record Emulator(
    Path program,
    Path unstripped,
    Path runtimeFiles,
    Path copyright,
    List<Component> components,
    JsonObject facts) {
  /** Copies the list. */
  public Emulator {
    components = List.copyOf(components);
  }

  /** The version of its QEMU; nothing when it does not say. */
  public Optional<QemuVersion> qemu() {
    return components.stream()
        .filter(component -> component.name().equals(QemuVersion.COMPONENT))
        .findFirst()
        .flatMap(component -> QemuVersion.of(component.version()));
  }
}
