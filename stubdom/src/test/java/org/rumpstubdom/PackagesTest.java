// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which package may use which. */
final class PackagesTest {
  /**
   * From the ground up: a package uses those named beside it, which stand above it here. So there
   * is no circle. The recipes are rows of the build that stand in files of their own: build lists
   * them, and they use what build gives them.
   */
  private static final String TABLE =
      """
      util:
      progress:
      image: util
      xl: image util
      doctor: util
      build.source: progress util
      build.netbsd: image util
      build+build.recipe: build.netbsd build.source image progress util
      lab.root: build.source image progress util
      lab.host: lab.root progress util
      lab.guest: lab.host lab.root image progress util xl
      lab.bench: image lab.guest lab.host lab.root progress util xl
      cli: build build.netbsd doctor image lab.bench lab.guest lab.host lab.root progress util xl
      """;

  private static final String PREFIX = "org.rumpstubdom.";
  private static final Pattern PACKAGE = Pattern.compile("(?m)^package org\\.rumpstubdom\\.(.+);");
  private static final Pattern COMMENT = Pattern.compile("(?s:/\\*\\*.*?\\*/)|(?m:^\\s*//.*$)");
  private static final Pattern NAME =
      Pattern.compile("\\borg\\.rumpstubdom\\.([a-z]+(?:\\.[a-z]+)*)\\.[A-Z]");

  @Test
  void everyArrowIsInTheTableAndPointsDown() throws IOException {
    Path sources = Path.of(System.getProperty("rumpstubdom.checkout"), "stubdom/src/main/java");
    List<String> texts = new ArrayList<>();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        texts.add(Files.readString(file));
      }
    }
    assertEquals(List.of(), problems(TABLE, texts));
  }

  @Test
  void anArrowThatIsNotInTheTableIsFound() {
    String table = "util:\nxl: util\n";
    List<String> good = List.of(source("util", ""), source("xl", "import " + PREFIX + "util.A;"));
    assertEquals(List.of(), problems(table, good));
    assertEquals(
        List.of("util may not use xl"), problems(table, with(good, "util", "import PREFIXxl.B;")));
    assertEquals(
        List.of("util may not use xl"),
        problems(table, with(good, "util", "import static PREFIXxl.B.c;")));
    assertEquals(
        List.of("util may not use xl"), problems(table, with(good, "util", "PREFIXxl.B b;")));
    assertEquals(
        List.of("util may not use xl"),
        problems(table, with(good, "util", "// A comment.\nimport PREFIXxl.B;")));
    assertEquals(
        List.of(), problems(table, with(good, "util", "/** See {@link PREFIXxl.B}. */\n// B")));
  }

  @Test
  void aTableThatHasACircleIsFound() {
    List<String> circle =
        List.of(source("a", "import " + PREFIX + "b.B;"), source("b", "import " + PREFIX + "a.A;"));
    assertEquals(List.of("a points up, to b"), problems("a: b\nb: a\n", circle));
    assertEquals(List.of(), problems("a+b:\n", circle));
  }

  @Test
  void aTableThatIsNotTrueIsFound() {
    assertEquals(List.of("xl is not in the table"), problems("", List.of(source("xl", ""))));
    assertEquals(List.of("xl uses no util"), problems("util:\nxl: util\n", List.of()));
  }

  private static String source(String room, String text) {
    return "package " + PREFIX + room + ";\n\n" + text + "\n";
  }

  private static List<String> with(List<String> sources, String room, String text) {
    List<String> more = new ArrayList<>(sources);
    more.add(source(room, text.replace("PREFIX", PREFIX)));
    return more;
  }

  private static List<String> problems(String table, List<String> sources) {
    Map<String, String> rooms = new TreeMap<>();
    Map<String, Set<String>> allowed = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    for (String row : table.lines().toList()) {
      String[] sides = row.split(":", -1);
      String room = sides[0].replaceFirst("\\+.*", "");
      List.of(sides[0].split("\\+", -1)).forEach(name -> rooms.put(name, room));
      Set<String> uses = new TreeSet<>(List.of(sides[1].strip().split(" +", -1)));
      uses.remove("");
      for (String used : uses) {
        if (!allowed.containsKey(used)) {
          problems.add(room + " points up, to " + used);
        }
      }
      allowed.put(room, uses);
    }
    Map<String, Set<String>> found = new TreeMap<>();
    sources.forEach(source -> arrows(source, rooms, found));
    found.forEach(
        (room, uses) -> {
          if (!allowed.containsKey(room)) {
            problems.add(room + " is not in the table");
            return;
          }
          uses.stream()
              .filter(used -> !allowed.get(room).contains(used))
              .forEach(used -> problems.add(room + " may not use " + used));
        });
    allowed.forEach(
        (room, uses) ->
            uses.stream()
                .filter(used -> !found.getOrDefault(room, Set.of()).contains(used))
                .forEach(used -> problems.add(room + " uses no " + used)));
    return problems;
  }

  /** What a source file uses by name, its documentation left out. */
  private static void arrows(
      String source, Map<String, String> rooms, Map<String, Set<String>> found) {
    Matcher own = PACKAGE.matcher(source);
    if (!own.find()) {
      throw new IllegalArgumentException("a source file without a package: " + source);
    }
    String room = rooms.getOrDefault(own.group(1), own.group(1));
    Set<String> uses = found.computeIfAbsent(room, name -> new TreeSet<>());
    Matcher names = NAME.matcher(COMMENT.matcher(source).replaceAll(""));
    while (names.find()) {
      String used = rooms.getOrDefault(names.group(1), names.group(1));
      if (!used.equals(room)) {
        uses.add(used);
      }
    }
  }
}
