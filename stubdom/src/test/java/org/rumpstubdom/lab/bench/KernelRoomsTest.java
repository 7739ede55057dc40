// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

class KernelRoomsTest {
  /** Lines as GNU ld writes them. */
  private static final String MAP =
      """
      Discarded input sections

       .text          0x0000000000000000        0x0 k.p/rump-runtime_core_budget.c.o
       .text.gone     0x0000000000000000       0x4e k.p/rump-runtime_core_heap.c.o

      Memory Configuration

      Linker script and memory map

      .text           0xffffffff80000000    0x30000
       *(.text.start)
       .text.start    0xffffffff80000000       0x20 k.p/rump-runtime_platform_xen-pv_entry.S.o
                      0xffffffff80000000                _start
       *(.text .text.*)
       .text.a_name_that_is_too_long_for_its_column
                      0xffffffff80000020       0x10 k.p/rump-runtime_core_heap.c.o
                      0xffffffff80000020                a_name_that_is_too_long_for_its_column
       *fill*         0xffffffff80000030       0x10\s
       .text.blk      0xffffffff80000040       0x40 k.p/xen-blkfront_blkfront_ring.c.o
       .text          0xffffffff80000080       0x40 /where/librump.a(rump.o)

      .rodata         0xffffffff80030000     0x1000
       .rodata        0xffffffff80030000     0x1000 k.p/device-model-bridge_display_picture.c.o
      """;

  private final KernelRooms rooms = KernelRooms.parse(MAP.lines().toList());

  private Optional<String> at(long offset) {
    return rooms.at(0xffffffff80000000L + offset);
  }

  @Test
  void codeIsItsObjectsRooms() {
    assertEquals(Optional.of("rump-runtime/platform/xen-pv"), at(0));
    assertEquals(Optional.of("rump-runtime/platform/xen-pv"), at(0x1f));
    assertEquals(Optional.of("rump-runtime/core"), at(0x20));
    assertEquals(Optional.of("xen-blkfront"), at(0x7f));
    assertEquals(Optional.of("librump.a"), at(0x80));
  }

  @Test
  void whatIsNoCodeOrBetweenItIsNobodys() {
    assertEquals(Optional.empty(), at(-1));
    assertEquals(Optional.empty(), at(0x30));
    assertEquals(Optional.empty(), at(0xc0));
    assertEquals(Optional.empty(), at(0x30000));
    assertEquals(Optional.empty(), rooms.at(0));
  }

  @Test
  void theRoomsOfAnotherKernelAreNotTaken(@TempDir Path directory) throws IOException {
    Path map = Files.writeString(directory.resolve("map"), MAP);
    Path one = object(directory, "one", "int f(void) { return 1; }");
    Path same = object(directory, "same", "int f(void) { return 1; } int unrelated_datum = 7;");
    Path other = object(directory, "other", "int f(void) { return 2; }");
    assertEquals(
        Optional.of("rump-runtime/core"), KernelRooms.of(one, map, same).at(0xffffffff80000020L));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> KernelRooms.of(one, map, other));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.getMessage().startsWith(other.toString()), failure.getMessage());
  }

  private static Path object(Path directory, String name, String text) throws IOException {
    Path source = Files.writeString(directory.resolve(name + ".c"), text);
    Path object = directory.resolve(name);
    Command.of("gcc", "-c", "-o", object.toString(), source.toString()).run();
    return object;
  }
}
