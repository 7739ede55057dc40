// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

class BenchJsonTest {
  @TempDir private Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("result.json"), text);
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    BenchResult result = BenchResults.sample();
    assertEquals(result, BenchJson.read(file(BenchJson.text(result))));
  }

  @Test
  void theFormIsTheOneThatIsDescribed() {
    String text = BenchJson.text(BenchResults.of(BenchResults.ours("io", "port-read", 41824)));
    assertEquals(
        """
        {
          "version": 1,
          "counter": "native",
          "versions": {
            "suite": "bookworm"
          },
          "figures": [
            {
              "group": "io",
              "name": "port-read",
              "unit": "instructions",
              "values": {
                "stubdom": {
                  "count": 1,
                  "mean": 41824,
                  "median": 41824,
                  "least": 41824,
                  "most": 41824
                }
              }
            }
          ]
        }
        """,
        text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{\"version\": 2}",
        "{\"version\": 1, \"counter\": \"odd\", \"versions\": {}, \"figures\": []}",
        "{\"version\": 1, \"counter\": \"native\", \"versions\": {}, \"figures\": [{}]}",
        "{\"version\": 1, \"counter\": \"native\", \"versions\": {}, \"figures\": [1]}",
        "{\"version\": 1, \"counter\": \"native\", \"versions\": [], \"figures\": 3}",
      })
  void anythingElseIsRefusedInOneLine(String text) throws IOException {
    Path file = file(text);
    StubdomException failure = assertThrows(StubdomException.class, () -> BenchJson.read(file));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.getMessage().contains("is no result of `stubdom bench`"));
  }

  @Test
  void anAbsentFileIsNamed() {
    Path absent = directory.resolve("absent.json");
    StubdomException failure = assertThrows(StubdomException.class, () -> BenchJson.read(absent));
    assertTrue(failure.getMessage().startsWith(absent + ": no such file"), failure.getMessage());
  }
}
