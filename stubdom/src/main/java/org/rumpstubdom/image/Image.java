// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;

/**
 * What goes into an image directory.
 *
 * @param kernel the ELF file libxl loads
 * @param ramdisk the newc archive libxl loads beside it
 * @param memoryMib what the stub domain needs, in MiB
 * @param copyright notices and licences of all that is in it, as text
 * @param components what it is made of
 * @param build how it was made (compiler, flags), any JSON; nothing that differs between two builds
 */
public record Image(
    Path kernel,
    Path ramdisk,
    int memoryMib,
    Path copyright,
    List<Component> components,
    JsonObject build) {
  /** Copies the list. */
  public Image {
    components = List.copyOf(components);
  }
}
