// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.cli.Main;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;

/** {@code stubdom test} where a file system has too little room. */
@Tag("lab")
@Tag("long")
final class FullDiskTest {
  /**
   * Mounts a small file system where nobody else sees it, in which the cache has what is only read:
   * size, mount point, the user's cache, then the command.
   */
  private static final String SMALL =
      """
      mount -t tmpfs -o "size=$1" tmpfs "$2"
      mkdir "$2/rump-stubdom"
      ln -s "$3/lab" "$2/rump-stubdom/lab"
      shift 3
      "$@"
      status=$?
      echo "states:" $(ls "$XDG_CACHE_HOME/rump-stubdom/lab-state") >&2
      exit $status
      """;

  @TempDir Path small;
  @TempDir Path logs;

  private Command.Result test(String size, Path cache, Path temporary, String... arguments) {
    List<String> line =
        new ArrayList<>(List.of("unshare", "--map-root-user", "--mount", "sh", "-c", SMALL, "sh"));
    line.addAll(
        List.of(
            size,
            small.toString(),
            CacheDirectory.ofUser().root().toString(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "test",
            "--device-model=dom0",
            "--logs=" + logs));
    line.addAll(List.of(arguments));
    return Command.of(line).env("XDG_CACHE_HOME", cache.toString()).capture().execute();
  }

  private static Path usersCache() {
    return CacheDirectory.ofUser().root().getParent();
  }

  private static String config(String guest) throws IOException {
    return TestGuest.named(guest).file().toString();
  }

  private static void assertSays(Command.Result result, String... parts) {
    for (String part : parts) {
      assertTrue(result.toString().contains(part), result::toString);
    }
  }

  @Test
  void noRoomForTemporaryFiles() throws IOException {
    Command.Result result = test("32k", usersCache(), small, config("disk-bios"));
    assertEquals(3, result.status(), result::toString);
    assertSays(result, "stubdom: " + small, "the disk is full");
  }

  @Test
  void noRoomForWhatTheGuestWrites() throws IOException {
    Command.Result result =
        test("3m", usersCache(), small, "--clock=wall", config("linux-fio-short"));
    assertEquals(5, result.status(), result::toString);
    Path kept = logs.resolve("linux-fio-short");
    assertSays(result, "error linux-fio-short: ", "no space left for " + small, "see " + kept);
    assertTrue(Files.size(kept.resolve("emulator.log")) > 0);
    assertTrue(Files.readString(kept.resolve("hypervisor.log")).contains("Xen version"));
  }

  @Test
  void noRoomForTheSavedState(@TempDir Path temporary) throws IOException {
    Command.Result result = test("64m", small, temporary, config("disk-bios"));
    assertEquals(3, result.status(), result::toString);
    assertSays(result, "stubdom: " + small, "the disk is full");
    assertEquals("states:", result.lastLines().get(result.lastLines().size() - 1));
  }
}
