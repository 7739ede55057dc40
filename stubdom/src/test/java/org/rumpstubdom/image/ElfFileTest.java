// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.StubdomException;

/** The independent readers are readelf and, for the file's making, the assembler. */
class ElfFileTest {
  private static final String SOURCE =
      """
      .globl _start
      .text
      _start: hlt
      .data
      .quad 42
      .bss
      .skip 8192
      .macro xen type:req, size:req, content:vararg
      .pushsection .note.Xen, "a", @note
      .balign 4
      .long 4, \\size, \\type
      .asciz "Xen"
      \\content
      .balign 4
      .popsection
      .endm
      xen 6, 7, .asciz "Kernel"
      xen 3, 8, .quad 0xffffffff80000000
      xen 1, 8, .quad _start
      xen 13, 16, .octa 1
      """;

  @TempDir static Path directory;
  private static Path file;

  @BeforeAll
  static void assemble() throws IOException {
    file = directory.resolve("kernel");
    Path source = Files.writeString(directory.resolve("kernel.s"), SOURCE);
    Command.of("as", "-o", file + ".o", source.toString()).run();
    Command.of("ld", "-static", "-o", file.toString(), file + ".o").run();
  }

  @Test
  void xensNotesAreReadByName() throws IOException {
    JsonArray notes = Inspection.of(file).getAsJsonArray("notes");
    List<String> found = new ArrayList<>();
    notes.forEach(
        note -> {
          JsonObject item = note.getAsJsonObject();
          found.add(item.get("name").getAsString() + "=" + item.get("value").getAsString());
        });
    assertEquals("GUEST_OS=Kernel", found.get(0));
    assertEquals("VIRT_BASE=0xffffffff80000000", found.get(1));
    assertEquals(
        "ENTRY=" + readelf("-h", "Entry point address: +(0x[0-9a-f]+)").get(0), found.get(2));
    assertEquals("L1_MFN_VALID=01000000000000000000000000000000", found.get(3));
  }

  @Test
  void readelfSeesTheSameSectionsAndNotes() throws IOException {
    ElfFile elf = ElfFile.read(file);
    assertEquals(
        readelf("-S", "\\[ *\\d+\\] (\\.\\S+)"),
        elf.sections().stream()
            .map(ElfFile.Section::name)
            .filter(name -> !name.isEmpty())
            .toList());
    assertEquals(
        readelf("-n", "Xen +0x0*([0-9a-f]+)\\s"),
        elf.notes().stream().map(note -> Integer.toHexString(note.content().length)).toList());
    assertEquals(
        readelf("-l", "(LOAD|NOTE) +0x").size(),
        elf.segments().stream().filter(segment -> List.of(1, 4).contains(segment.type())).count());
    assertTrue(elf.statically());
  }

  @Test
  void aDynamicProgramIsKnownAsOne() throws IOException {
    JsonObject answer = Inspection.of(Path.of("/bin/true"));
    assertEquals("elf", answer.get("kind").getAsString());
    assertEquals(false, answer.get("static").getAsBoolean());
    assertEquals(true, answer.get("positionIndependent").getAsBoolean());
  }

  @Test
  void damageNeverEscapesAsAnythingButAnError() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Path damaged = directory.resolve("damaged");
    for (long seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = whole.clone();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        // Headers are where damage hurts: at both ends of the file.
        int at =
            random.nextBoolean() ? random.nextInt(0x200) : bytes.length - 1 - random.nextInt(0x200);
        bytes[at] = (byte) random.nextInt(256);
      }
      Files.write(
          damaged,
          random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
      try {
        Inspection.of(damaged);
      } catch (StubdomException e) {
        assertTrue(e.getMessage().startsWith(damaged.toString()), "seed " + seed + ": " + e);
      }
    }
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path other = Files.writeString(directory.resolve("other"), "text");
    StubdomException failure = assertThrows(StubdomException.class, () -> Inspection.of(other));
    assertTrue(failure.getMessage().contains("neither an ELF file nor"), failure.getMessage());
  }

  /** The system's own programs and libraries, which are linked in every way there is. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/bin/sh",
        "/usr/bin/gcc",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib/x86_64-linux-gnu/libstdc++.so.6",
        "/lib64/ld-linux-x86-64.so.2"
      })
  void readelfSeesTheSameLibraries(String path) throws IOException {
    ElfFile elf = ElfFile.read(Path.of(path));
    assertEquals(found(Path.of(path), "-d", "\\(NEEDED\\).*\\[(.+)\\]"), elf.needed());
    assertEquals(
        String.join("", found(Path.of(path), "-l", "program interpreter: (.+)\\]")),
        elf.interpreter());
  }

  private static List<String> readelf(String option, String pattern) {
    List<String> found = found(file, option, pattern);
    assertTrue(!found.isEmpty(), pattern);
    return found;
  }

  private static List<String> found(Path file, String option, String pattern) {
    String output =
        Command.of("readelf", "-W", option, file.toString())
            .env("LC_ALL", "C")
            .capture()
            .run()
            .output();
    Matcher matcher = Pattern.compile(pattern).matcher(output);
    List<String> found = new ArrayList<>();
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }
}
