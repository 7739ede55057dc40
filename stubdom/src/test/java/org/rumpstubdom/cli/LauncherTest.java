// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;

/** The scripts around the program, with stand-ins for Java, Maven and the user data base. */
class LauncherTest {
  private static final Path SCRIPTS =
      Path.of(System.getProperty("rumpstubdom.checkout"), "scripts");

  @TempDir Path directory;
  private Path programs;
  private Path home;

  @BeforeEach
  void makePrograms() throws IOException {
    programs = Files.createDirectory(directory.resolve("bin"));
    home = directory.resolve("home");
    program("java", "echo \"LC_ALL=${LC_ALL:-}\"");
    program(
        "mvn",
        """
        for argument; do
            case $argument in
            -DbuildDirectory=*)
                mkdir -p "${argument#*=}/stubdom"
                : >"${argument#*=}/stubdom/stubdom-0-all.jar"
                ;;
            esac
        done
        """);
    program("getent", "echo \"user:x:0:0:name:" + home + ":/bin/sh\"");
  }

  private void program(String name, String text) throws IOException {
    Path file = Files.writeString(programs.resolve(name), "#!/bin/sh\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Command script(String name, String... arguments) {
    return Command.of(SCRIPTS.resolve(name).toString())
        .args(arguments)
        .cleanEnv()
        .env("PATH", programs + ":" + System.getenv("PATH"));
  }

  private Command launcher() {
    return script("stubdom", "version").env("XDG_CACHE_HOME", home.toString());
  }

  @Test
  void namesBeyondAsciiWorkInEveryLocale() {
    assertEquals("LC_ALL=C.UTF-8", launcher().run().lastLines().get(1));
    assertEquals(List.of("LC_ALL=C.UTF-8"), launcher().env("LC_ALL", "C").run().lastLines());
    assertEquals(List.of("LC_ALL=C.UTF-8"), launcher().env("LC_CTYPE", "POSIX").run().lastLines());
    assertEquals(List.of("LC_ALL="), launcher().env("LANG", "en_GB.UTF-8").run().lastLines());
  }

  @Test
  void withoutHomeTheUserDataBaseSaysWhereTheCacheIs() throws IOException {
    script("stubdom", "version").run();
    assertTrue(Files.isDirectory(home.resolve(".cache/rump-stubdom/launcher")));
    program("getent", "exit 2");
    assertRefused(
        3, "stubdom: HOME is not set; set it, or XDG_CACHE_HOME", script("stubdom", "version"));
  }

  @Test
  void aCacheThatCannotBeIsNamed() throws IOException {
    Files.writeString(home, "a file");
    assertRefused(
        3,
        "stubdom: "
            + home
            + "/rump-stubdom/launcher: cannot be written to; set XDG_CACHE_HOME to a directory"
            + " that can",
        launcher());
  }

  @Test
  void theManualWantsADirectory() {
    for (String[] wrong : new String[][] {{}, {"--bogus"}, {"a", "b"}}) {
      Command.Result result = script("manual", wrong).in(directory).execute();
      assertEquals(2, result.status());
      assertTrue(
          result.lastLines().get(0).startsWith("scripts/manual DIR: writes"),
          result.lastLines().toString());
    }
    assertFalse(Files.exists(directory.resolve("--bogus")));
  }

  private static void assertRefused(int status, String line, Command command) {
    Command.Result result = command.execute();
    assertEquals(status, result.status());
    assertEquals(List.of(line), result.lastLines());
  }
}
