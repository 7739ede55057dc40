// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;

/** {@code scripts/check-rooms} on a made-up checkout of three rooms, one of them in another. */
final class CheckRoomsTest {
  private static final String TABLE =
      """
      # A house

      | floor | folder | what lives there | public headers |
      |---|---|---|---|
      | 3 | `roof/` | `tiles.h` in `shed` | `roof.h` |
      | 3 | `shed/` | nothing that concerns the roof | `shed.h` |
      | 2 | `cellar/kitchen/` | | `stove.h` `table.h` |
      | 1 | `cellar/` | | `wine.h` |
      """;

  @TempDir private Path checkout;

  @BeforeEach
  void build() throws IOException {
    write("ARCHITECTURE.md", TABLE);
    write(
        "roof/roof.c", "#include \"roof.h\"\n#include <stdio.h>\n\n#include \"kitchen/stove.h\"\n");
    write("roof/roof.h", "#include \"wine.h\"\n");
    write("shed/shed.h", "");
    write("cellar/deep/wine.h", "");
    write("cellar/wine.c", "  #  include \"deep/wine.h\" /* in a subfolder */\n");
    write("cellar/cork.h", "");
    write("cellar/kitchen/stove.h", "");
    write("cellar/kitchen/table.h", "");
    write("cellar/kitchen/knife.h", "");
  }

  private void write(String name, String text) throws IOException {
    Path file = checkout.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  /** One object's dependencies as ninja prints them, the source first. */
  private static String object(String... files) {
    StringBuilder text =
        new StringBuilder("x.o: #deps ").append(files.length).append(", deps mtime 1 (VALID)\n");
    for (String file : files) {
      text.append("    ").append(file).append('\n');
    }
    return text.append('\n').toString();
  }

  private Command.Result check(String... objects) throws IOException {
    Path list = Files.writeString(checkout.resolve("deps"), String.join("", objects));
    Path script = Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/check-rooms");
    return Command.of(script.toString(), "--checkout", checkout.toString(), "-")
        .input(list)
        .capture()
        .execute();
  }

  private void assertBreaches(List<String> breaches, Command.Result result) {
    assertEquals(breaches, result.output().lines().toList());
    assertEquals(breaches.isEmpty() ? 0 : 1, result.status());
  }

  @Test
  void publicHeadersOfLowerRoomsAreAllowed() throws IOException {
    assertBreaches(
        List.of(),
        check(
            object(
                "roof/roof.c",
                "roof/roof.h",
                "/usr/include/stdio.h",
                "cellar/deep/wine.h",
                "cellar/kitchen/stove.h"),
            object("cellar/wine.c", "cellar/deep/wine.h", "cellar/cork.h")));
  }

  @Test
  void aPrivateHeaderIsNamedWithItsPlaceAndWhatIsAllowed() throws IOException {
    write("roof/roof.c", "#include \"roof.h\"\n\n#include \"kitchen/knife.h\"\n");
    assertBreaches(
        List.of(
            "roof/roof.c:3: includes cellar/kitchen/knife.h, private to its room; allowed from"
                + " roof/: stove.h table.h"),
        check(object("roof/roof.c", "roof/roof.h", "cellar/kitchen/knife.h")));
  }

  /** What a public header draws in is read by everyone who includes it. */
  @Test
  void aPrivateHeaderBehindAPublicOneIsFound() throws IOException {
    write("cellar/kitchen/stove.h", "\n#include \"kitchen/knife.h\"\n");
    assertBreaches(
        List.of(
            "cellar/kitchen/stove.h:2: includes cellar/kitchen/knife.h, private to its room;"
                + " allowed from roof/: stove.h table.h"),
        check(object("roof/roof.c", "cellar/kitchen/stove.h", "cellar/kitchen/knife.h")));
  }

  @Test
  void anUpwardIncludeIsNamed() throws IOException {
    write("cellar/wine.c", "#include \"kitchen/table.h\"\n");
    assertBreaches(
        List.of(
            "cellar/wine.c:1: includes cellar/kitchen/table.h of floor 2; allowed from floor 1,"
                + " cellar/: lower floors"),
        check(object("cellar/wine.c", "cellar/kitchen/table.h")));
  }

  @Test
  void roomsOfOneFloorKeepApart() throws IOException {
    write("roof/roof.c", "#include \"shed.h\"\n");
    assertBreaches(
        List.of(
            "roof/roof.c:1: includes shed/shed.h of floor 3; allowed from floor 3, roof/: lower"
                + " floors"),
        check(object("roof/roof.c", "shed/shed.h")));
  }

  @Test
  void oneIncludeIsOneBreachHoweverManyObjectsReadIt() throws IOException {
    write("cellar/wine.c", "#include \"kitchen/table.h\"\n");
    String object = object("cellar/wine.c", "cellar/kitchen/table.h");
    assertEquals(1, check(object, object).output().lines().count());
  }

  @Test
  void aFolderThatTheTableForgotIsNamed() throws IOException {
    assertBreaches(
        List.of("garden/tree.c: lies in no room of ARCHITECTURE.md"),
        check(object("garden/tree.c", "cellar/deep/wine.h")));
    assertBreaches(
        List.of("roof/roof.c: includes garden/tree.h, which lies in no room of ARCHITECTURE.md"),
        check(object("roof/roof.c", "garden/tree.h")));
  }

  @Test
  void theTableIsHeldToTheFolders() throws IOException {
    write(
        "ARCHITECTURE.md",
        TABLE.replace("`roof.h`", "`roof.h` `chimney.h`") + "| 1 | `garden/` | | `tree.h` |\n");
    assertBreaches(
        List.of(
            "ARCHITECTURE.md: roof/ has no chimney.h",
            "ARCHITECTURE.md: there is no folder garden/",
            "ARCHITECTURE.md: garden/ has no tree.h"),
        check(object("roof/roof.c")));
  }

  @Test
  void aCheckThatSawNothingFails() throws IOException {
    assertBreaches(
        List.of("no object that was compiled from this checkout: build it first"), check());
    write("ARCHITECTURE.md", "# No table\n");
    assertEquals(
        "ARCHITECTURE.md: no table of rooms with their floors",
        check(object("roof/roof.c")).output().lines().findFirst().orElseThrow());
  }
}
