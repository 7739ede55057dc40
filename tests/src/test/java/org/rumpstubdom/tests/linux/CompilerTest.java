// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.image.ProgramImage;
import org.rumpstubdom.util.Command;

/** What {@code scripts/stubdom cc} compiles runs on Linux and on the rump kernel. */
@Tag("programs")
final class CompilerTest {
  private static final String MAKEFILE =
      """
      both: both.o words.o
      \t$(CC) -o both both.o words.o -lm -lpthread
      """;

  private static final String BOTH =
      """
      #include <math.h>
      #include <stdio.h>
      const char *words(int n);
      int main(int argc, char **argv)
      {
          printf("%s %.3f %s\\n", words(argc), sqrt(argc), argv[argc - 1]);
          return 0;
      }
      """;

  private static final String WORDS =
      "const char *words(int n) { return n == 3 ? \"three\" : \"other\"; }\n";

  @TempDir private Path directory;

  @Test
  void makeTakesItAsItsCompiler() throws IOException {
    Files.writeString(directory.resolve("Makefile"), MAKEFILE);
    Files.writeString(directory.resolve("both.c"), BOTH);
    Files.writeString(directory.resolve("words.c"), WORDS);
    String cc = "CC=" + TestPrograms.CHECKOUT.resolve("scripts/stubdom") + " cc";
    Command.of("make", "-j2", cc).in(directory).run();
    Path program = directory.resolve("both");
    List<String> arguments = List.of("a", "b");
    String onLinux = Command.of(program.toString()).args(arguments).capture().run().output();
    assertTrue(onLinux.equals("three 1.732 b\n"), onLinux);
    ProgramImage image = new ProgramImage(program);
    Path ramdisk = directory.resolve("both.cpio");
    image.write(ramdisk, arguments, Map.of());
    ProcessPlatform process = ProcessPlatform.build(directory.resolve("build"));
    String onRump = process.command(ramdisk).capture().run().output();
    assertTrue(onRump.contains(onLinux), onRump);
  }
}
