// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The figures in the project's own documents are those of docs/performance.json. */
class PerformanceDocumentTest {
  private static final Path CHECKOUT = Path.of(System.getProperty("rumpstubdom.checkout"));

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/performance.md"})
  void showsTheRecordedFigures(String name) throws IOException {
    Path file = CHECKOUT.resolve(name);
    BenchDocument document =
        new BenchDocument(BenchJson.read(CHECKOUT.resolve("docs/performance.json")));
    String hint = "scripts/stubdom bench --from=docs/performance.json --document=" + name;
    BenchDocument.require(file);
    assertEquals(document.renewed(file), Files.readString(file), hint);
    for (Map.Entry<String, String> chart : document.chartFiles(file).entrySet()) {
      assertEquals(chart.getValue(), Files.readString(file.resolveSibling(chart.getKey())), hint);
    }
  }

  @Test
  void showsTheRecordedProfiles() throws IOException {
    Path file = CHECKOUT.resolve("docs/performance.md");
    ProfileDocument.require(file);
    assertEquals(
        new ProfileDocument(ProfileJson.read(CHECKOUT.resolve("docs/profile.json"))).renewed(file),
        Files.readString(file),
        "scripts/stubdom bench --profile --from=docs/profile.json --document=docs/performance.md");
  }
}
