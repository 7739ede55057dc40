// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.image.Component;
import org.rumpstubdom.image.Image;
import org.rumpstubdom.image.ImageDirectory;

class TestReportTest {
  private static JsonObject report() {
    JsonObject report = new JsonObject();
    report.add("guests", new JsonArray());
    return report;
  }

  private static JsonObject written(ImageDirectory image) throws IOException {
    return JsonParser.parseString(TestReport.text(List.of(report()), image)).getAsJsonObject();
  }

  @Test
  void whoseQemuTheImageHasAndItsSizeAreTold(@TempDir Path directory) throws IOException {
    Component qemu =
        new Component(
            "application",
            "qemu",
            "1:10.0.13+ds-0+deb13u1",
            "0".repeat(64),
            List.of("GPL-2.0-only"),
            "",
            Map.of());
    Image image =
        new Image(
            Files.writeString(directory.resolve("k"), "kernel"),
            Files.writeString(directory.resolve("r"), "ramdisk"),
            40,
            Files.writeString(directory.resolve("c"), "all of us"),
            List.of(qemu),
            new JsonObject());
    JsonObject told = written(ImageDirectory.write(directory.resolve("out"), image));
    assertEquals(
        JsonParser.parseString(
            "{'qemu': '1:10.0.13+ds-0+deb13u1', 'memoryMib': 40, 'kernelBytes': 6,"
                + " 'ramdiskBytes': 7}"),
        told.get("image"));
  }

  @Test
  void withoutOursNothingIsToldOfAnImage() throws IOException {
    assertFalse(written(null).has("image"));
  }
}
