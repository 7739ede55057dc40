// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;

/** scripts/install-packages with a list of its own, for a user without and with sudo. */
class InstallPackagesTest {
  private static final Path ORIGINAL =
      Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/install-packages");

  @TempDir Path directory;
  private Path programs;
  private Path script;

  @BeforeEach
  void copyTheScript() throws IOException {
    script = Files.copy(ORIGINAL, directory.resolve("install-packages"));
    programs = Files.createDirectory(directory.resolve("bin"));
    for (String program : List.of("sh", "dirname", "readlink")) {
      Path original = Path.of("/bin", program);
      Files.copy(original, programs.resolve(program), StandardCopyOption.COPY_ATTRIBUTES);
    }
    program("id", "echo 1000");
    // Whoever runs it, nothing is installed.
    program("apt-get", "echo called >" + directory.resolve("installed"));
    Files.createDirectories(directory.resolve("llvm-19/include"));
    Files.createFile(directory.resolve("llvm-19/include/there.h"));
  }

  private void program(String name, String text) throws IOException {
    Path file = Files.writeString(programs.resolve(name), "#!/bin/sh\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Command.Result run(String... lines) throws IOException {
    Files.write(directory.resolve("packages.txt"), List.of(lines));
    return Command.of("/bin/sh", script.toString(), "build", "check")
        .cleanEnv()
        .env("PATH", programs.toString())
        .execute();
  }

  @Test
  void whatIsThereByAnyVersionIsNotMissing() throws IOException {
    Command.Result result =
        run(
            "build one " + directory + "/llvm-*/include/there.h why",
            "build two dirname why",
            "check three " + directory + "/llvm-19 why",
            "lab   four no-such-program not asked for");
    assertEquals(0, result.status());
    assertEquals(List.of(), result.lastLines());
  }

  @Test
  void aUserIsToldInOneLineWhatToRun() throws IOException {
    String[] lines = {
      "build one " + directory + "/llvm-*/include/missing.h why",
      "build two dirname why",
      "check three no-such-program why",
      "check one no-such-program why"
    };
    String install = "apt-get install --no-install-recommends one three";
    Command.Result result = run(lines);
    assertEquals(3, result.status());
    assertEquals(
        List.of(
            "stubdom: missing packages; run: su -c '"
                + (hasPackageLists() ? install : "apt-get update && " + install)
                + "'"),
        result.lastLines());
    program("sudo", "echo called >" + directory.resolve("escalated"));
    result = run(lines);
    assertEquals(3, result.status());
    assertEquals(
        List.of(
            "stubdom: missing packages; run: "
                + (hasPackageLists() ? "" : "sudo apt-get update && ")
                + "sudo "
                + install),
        result.lastLines());
    assertFalse(Files.exists(directory.resolve("escalated")));
    assertFalse(Files.exists(directory.resolve("installed")));
  }

  private static boolean hasPackageLists() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/var/lib/apt/lists"))) {
      return files.anyMatch(file -> file.getFileName().toString().contains("_Packages"));
    }
  }
}
