// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.image.Inspection;

/** What the kernel says of its rooms agrees with its own section headers and with the sources. */
@Tag("emulator")
final class RoomSizesTest {
  /** Alignment between functions and objects belongs to no room: so much of a section, or bytes. */
  private static final double MOST_SHARE = 0.1;

  private static final long MOST_BYTES = 512;

  @Test
  void addUpToTheSections() throws IOException {
    Path image = Path.of(System.getProperty("rumpstubdom.image"));
    JsonObject kernel = Inspection.of(ImageDirectory.open(image).kernel());
    JsonArray rooms = kernel.getAsJsonArray("rooms");
    Set<String> names = new HashSet<>();
    for (JsonElement room : rooms) {
      String name = room.getAsJsonObject().get("name").getAsString();
      Path folder = Path.of(System.getProperty("rumpstubdom.checkout")).resolve(name);
      assertTrue(Files.isDirectory(folder), name);
      assertTrue(names.add(name), () -> name + " twice");
    }
    assertTrue(names.contains("rump-runtime/platform/xen-pv"), names::toString);
    Map<String, String> sections =
        Map.of("text", ".text", "constants", ".rodata", "data", ".data", "bss", ".bss");
    sections.forEach(
        (kind, section) -> {
          long sum = 0;
          for (JsonElement room : rooms) {
            sum += room.getAsJsonObject().get(kind).getAsLong();
          }
          long size = size(kernel, section);
          String what = kind + ": " + sum + " of " + size;
          assertTrue(sum <= size && size - sum <= Math.max(MOST_BYTES, MOST_SHARE * size), what);
        });
  }

  private static long size(JsonObject kernel, String name) {
    long size = 0;
    int found = 0;
    for (JsonElement element : kernel.getAsJsonArray("sections")) {
      JsonObject section = element.getAsJsonObject();
      if (section.get("name").getAsString().equals(name)) {
        size = section.get("size").getAsLong();
        found++;
      }
    }
    assertEquals(1, found, name);
    return size;
  }
}
