// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

class ProgramImageTest {
  @TempDir private Path directory;

  private Path program(String... options) throws IOException {
    Path source = Files.writeString(directory.resolve("p.c"), "int main(void) { return 0; }\n");
    Path program = directory.resolve("p");
    Command.of("gcc", "-o", program.toString(), source.toString()).args(options).run();
    return program;
  }

  @Test
  void filesAndDirectoriesAreAdded() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree/deep"));
    Files.writeString(tree.resolve("one"), "1");
    Files.writeString(directory.resolve("tree/two"), "2");
    ProgramImage image = new ProgramImage(program("-static", "-no-pie"));
    image.add(directory.resolve("tree"), "/srv");
    image.add(tree.resolve("one"), "/etc/passwd");
    Path ramdisk = directory.resolve("ramdisk");
    image.write(ramdisk, List.of("-x", "a b"), Map.of("NAME", "value"));
    Path out = Files.createDirectories(directory.resolve("out"));
    Command.of("cpio", "-idm", "--quiet").input(ramdisk).in(out).run();
    assertEquals("1", Files.readString(out.resolve("srv/deep/one")));
    assertEquals("2", Files.readString(out.resolve("srv/two")));
    assertEquals("1", Files.readString(out.resolve("etc/passwd")));
    assertTrue(Files.readString(out.resolve("etc/group")).contains("nogroup:x:65534:"));
    assertTrue(Files.isExecutable(out.resolve("bin/p")));
    assertEquals(
        "program /bin/p\nmode plain\narg -x\narg a b\nenv NAME=value\n",
        Files.readString(out.resolve(RamdiskManifest.NAME)));
  }

  @Test
  void whatTheKernelCannotLoadIsRefused() throws IOException {
    for (Path file : List.of(program(), program("-static-pie"))) {
      StubdomException e = assertThrows(StubdomException.class, () -> new ProgramImage(file));
      assertEquals(ExitCode.INPUT, e.exitCode());
      assertTrue(e.getMessage().contains("scripts/stubdom cc"), e::getMessage);
    }
    assertThrows(StubdomException.class, () -> new ProgramImage(directory.resolve("absent")));
  }
}
