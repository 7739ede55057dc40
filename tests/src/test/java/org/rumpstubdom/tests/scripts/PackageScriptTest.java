// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Trees;

/** The command line of {@code scripts/package}: what it refuses, before anything is built. */
final class PackageScriptTest {
  @TempDir private Path directory;

  private Command script(String... arguments) {
    Path script = Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/package");
    return Command.of(script.toString()).args(arguments).in(directory);
  }

  @ParameterizedTest
  @CsvSource({
    "--nonsense, 2, --nonsense: not understood",
    "packages, 2, packages: not understood",
    "--out=, 2, --out=: not understood",
    "--image=, 2, --image=: not understood",
    "--image=missing, 3, missing: is no image",
    "--image=., 3, .: is no image",
    "--image=old, 3, old: has no copyright notices",
    "--out=file, 3, file: exists and is not a directory",
  })
  void refusesInOneLine(String argument, int status, String reason) throws IOException {
    Files.writeString(directory.resolve("file"), "");
    Path old = Files.createDirectory(directory.resolve("old"));
    Files.writeString(old.resolve("SHA256SUMS"), "");
    Command.Result result = script(argument).execute();
    assertEquals(status, result.status(), result::toString);
    assertEquals(1, result.lastLines().size(), result::toString);
    assertTrue(result.lastLines().get(0).startsWith("stubdom: " + reason), result::toString);
    assertEquals(List.of(directory.resolve("file"), old), Trees.list(directory));
  }

  @Test
  void helpNamesOptionsAndExitCodes() {
    String help = script("--help").capture().run().output();
    for (String word : List.of("--out=DIR", "--image=DIR", "SOURCE_DATE_EPOCH", "130 stopped")) {
      assertTrue(help.contains(word), help);
    }
  }
}
