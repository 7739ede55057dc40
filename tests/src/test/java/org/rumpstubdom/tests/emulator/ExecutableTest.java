// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.build.Emulator;
import org.rumpstubdom.util.Command;

/** The emulator's file, as binutils see it. */
@Tag("emulator")
final class ExecutableTest {
  private static final Pattern FUNCTION = Pattern.compile("[0-9a-f]+ <(.*)>:");
  private static final Pattern FRAME = Pattern.compile("\\bsub\\s+\\$0x([0-9a-f]+),%rsp");
  private static final Pattern BELOW_STACK = Pattern.compile("-0x[0-9a-f]+\\(%rsp");
  private static final Pattern HEADER =
      Pattern.compile(
          "\\s*(\\w+)\\s+0x(\\w+)\\s+0x(\\w+)\\s+0x\\w+\\s+0x(\\w+)\\s+0x(\\w+)\\s(.{3})\\s+0x(\\w+)");

  /**
   * Frames larger than this are listed below: a kernel that fills stacks by need must know them.
   */
  private static final int LARGE_FRAME = 32 << 10;

  /**
   * Functions with large frames, all of them known: network backends over sockets, the VNC worker
   * thread's own function, virtio-net's element arrays.
   */
  private static final List<String> LARGE_FRAMES =
      List.of(
          "net_socket_send",
          "net_stream_send",
          "qemu_get_virtqueue_element",
          "qemu_put_virtqueue_element",
          "virtio_net_flush_tx",
          "virtio_net_receive_rcu",
          "vnc_worker_thread_loop");

  @TempDir static Path directory;
  private static Emulator emulator;
  private static Path disassembly;

  @BeforeAll
  static void disassemble() throws IOException {
    emulator = BuiltEmulator.get();
    disassembly = directory.resolve("disassembly");
    Command.of("objdump", "-d", "--no-show-raw-insn", emulator.unstripped().toString())
        .outputTo(disassembly)
        .run();
  }

  /** Calls the visitor with every instruction and the function it is in. */
  private static void instructions(BiConsumer<String, String> visitor) throws IOException {
    int seen = 0;
    try (BufferedReader reader = Files.newBufferedReader(disassembly)) {
      String function = "";
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        Matcher matcher = FUNCTION.matcher(line);
        if (matcher.matches()) {
          function = matcher.group(1);
        } else if (line.indexOf('\t') > 0) {
          visitor.accept(function, line.substring(line.indexOf('\t') + 1).strip());
          seen++;
        }
      }
    }
    assertTrue(seen > 500_000, "only " + seen + " instructions: the disassembly is not whole");
  }

  @Test
  void systemCallsAreMadeInTheListedStubsOnly() throws IOException {
    Map<String, Integer> found = new TreeMap<>();
    instructions(
        (function, text) -> {
          if (text.matches("syscall|sysenter|int\\s+\\$0x80")) {
            found.merge(function, 1, Integer::sum);
          }
        });
    // rump-runtime/libc/README.md says why each of them is there.
    assertEquals(
        Map.of(
            "__rump_syscall_linux", 1,
            "__clone", 1,
            "__syscall_cp_asm", 1,
            "__restore_rt", 1,
            "__unmapself", 2),
        found);
  }

  @Test
  void nothingLivesBelowTheStackPointer() throws IOException {
    List<String> found = new ArrayList<>();
    instructions(
        (function, text) -> {
          // A locked add of nothing is gcc's memory barrier; lea computes an address only.
          if (BELOW_STACK.matcher(text).find()
              && !text.startsWith("lock addl $0x0,")
              && !text.startsWith("lea ")) {
            found.add(function + ": " + text);
          }
        });
    assertEquals(List.of(), found);
  }

  @Test
  void largeFramesAreKnown() throws IOException {
    TreeSet<String> found = new TreeSet<>();
    instructions(
        (function, text) -> {
          Matcher matcher = FRAME.matcher(text);
          if (matcher.find()) {
            long size = Long.parseUnsignedLong(matcher.group(1), 16);
            if (size > LARGE_FRAME && size < 1L << 32) {
              // gcc may split a function: foo.part.0 belongs to foo.
              found.add(function.replaceFirst("\\..*", ""));
            }
          }
        });
    assertEquals(LARGE_FRAMES, List.copyOf(found));
  }

  @Test
  void theFileIsAStaticExecutableAtFourMebibytes() {
    String text = readelf("-hlW", emulator.program());
    assertTrue(text.contains("EXEC (Executable file)"), text);
    assertFalse(text.contains("INTERP"), text);
    assertFalse(text.contains("DYNAMIC"), text);
    List<Matcher> segments = new ArrayList<>();
    String stack = null;
    for (String line : text.lines().toList()) {
      Matcher matcher = HEADER.matcher(line);
      if (matcher.find() && matcher.group(1).equals("LOAD")) {
        segments.add(matcher);
      } else if (matcher.reset().find() && matcher.group(1).equals("GNU_STACK")) {
        stack = matcher.group(6) + matcher.group(5);
      }
    }
    assertEquals(
        List.of("R  ", "R E", "R  ", "RW "), segments.stream().map(m -> m.group(6)).toList());
    assertEquals(0x400000, number(segments.get(0), 3));
    for (Matcher segment : segments) {
      long offset = number(segment, 2);
      long address = number(segment, 3);
      assertEquals(offset % 4096, address % 4096, segment.group());
      // What is mapped from the ramdisk in place begins with a page of its own.
      if (!segment.group(6).equals("RW ")) {
        assertEquals(0, offset % 4096, segment.group());
      }
    }
    // Default stack of a thread: 256 KiB, not executable.
    assertEquals("RW 040000", stack);
  }

  @Test
  void theFileIsStrippedAndSmall() throws IOException {
    assertTrue(Files.size(emulator.program()) <= 9_000_000, "more than 9 MB");
    String sections = readelf("-SW", emulator.program());
    assertTrue(sections.contains(".text"), sections);
    assertFalse(sections.contains(".symtab"), sections);
    assertFalse(sections.contains(".debug"), sections);
    assertTrue(readelf("-SW", emulator.unstripped()).contains(".symtab"));
  }

  /** Nothing of the place where it was built is in it. */
  @Test
  void theFileNamesNoDirectoryOfTheBuildMachine() {
    String strings =
        Command.of("strings", "-n", "4", emulator.program().toString()).capture().run().output();
    Path cache = emulator.program();
    while (!cache.getFileName().toString().equals("rump-stubdom")) {
      cache = cache.getParent();
    }
    String root = cache.toString();
    assertEquals(List.of(), strings.lines().filter(line -> line.contains(root)).toList());
  }

  private static long number(Matcher header, int group) {
    return Long.parseUnsignedLong(header.group(group), 16);
  }

  private static String readelf(String options, Path file) {
    return Command.of("readelf", options, file.toString())
        .env("LC_ALL", "C")
        .capture()
        .run()
        .output();
  }
}
