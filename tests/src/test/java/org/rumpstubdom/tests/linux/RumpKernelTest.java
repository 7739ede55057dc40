// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.image.Inspection;
import org.rumpstubdom.util.Command;

/** {@code stubdom build --rump-kernel}: which rump kernel is in the kernel, as its own map says. */
@Tag("programs")
final class RumpKernelTest {
  @TempDir Path directory;

  private static Set<String> rooms(Path kernel) throws IOException {
    Set<String> rooms = new TreeSet<>();
    for (JsonElement room : Inspection.of(kernel).getAsJsonArray("rooms")) {
      rooms.add(room.getAsJsonObject().get("name").getAsString());
    }
    return rooms;
  }

  @Test
  void librariesTakeThePlaceOfTheBundledKernel() throws IOException {
    assertTrue(rooms(TestPrograms.kernel()).contains("rump-runtime/components"));
    RumpKernels.Kernel kernel = RumpKernels.build(RumpKernels.bundled(directory), List.of("tmpfs"));
    Set<String> rooms = rooms(kernel.file());
    assertTrue(rooms.contains("librump.a"), rooms::toString);
    assertFalse(rooms.contains("rump-runtime/components"), rooms::toString);
    assertEquals(Optional.of("0.bundled"), kernel.libraries().release());
    assertEquals(
        List.of("rumpfs_tmpfs", "rumpnet_local", "rump", "rumpnet", "rumpvfs"),
        kernel.selection().names());
  }

  @Test
  void aReleasesOwnSetIsLinkedAndRuns() throws IOException {
    RumpKernels.Kernel kernel =
        RumpKernels.build(RumpKernels.release(directory), List.of("tmpfs", "local"));
    assertEquals(
        List.of("rumpfs_tmpfs", "rumpnet_local", "rump", "rumpnet", "rumpvfs"),
        kernel.selection().names());
    ProcessPlatform process = ProcessPlatform.build(directory.resolve("process"), kernel);
    TestPrograms programs = new TestPrograms(directory);
    Path ramdisk = programs.ramdisk("files", programs.compile("files"));
    ProgramsTest.assertSuccess("files", "on a release's set", process.command(ramdisk));
  }

  /** What the set was compiled with works: whoever writes beyond an array is stopped. */
  @Test
  void aReleasesStackProtectorStopsTheDomain() throws IOException {
    RumpKernels.Kernel kernel =
        RumpKernels.build(RumpKernels.bundledThatOverflows(directory), List.of());
    ProcessPlatform process = ProcessPlatform.build(directory.resolve("process"), kernel);
    TestPrograms programs = new TestPrograms(directory);
    Command.Result result =
        process.command(programs.ramdisk("hello", programs.compile("hello"))).capture().execute();
    assertEquals(ProcessPlatform.PANIC, result.status(), result::output);
    assertTrue(
        result.output().contains("a function wrote beyond its array on the stack"), result::output);
  }

  @Test
  void netbsdsLibrariesAreLinkedUnchanged() throws IOException {
    RumpKernels.Kernel kernel = RumpKernels.build(RumpKernels.netbsd(), List.of("inet"));
    Set<String> rooms = rooms(kernel.file());
    assertTrue(rooms.contains("librumpnet_netinet.a"), rooms::toString);
    assertFalse(rooms.contains("rump-runtime/components"), rooms::toString);
  }

  @Test
  void programsAgreeOnNetbsds() throws IOException {
    RumpKernels.Kernel kernel = RumpKernels.build(RumpKernels.netbsd(), List.of("inet"));
    ProcessPlatform process = ProcessPlatform.build(directory.resolve("process"), kernel);
    TestPrograms programs = new TestPrograms(directory);
    List<Executable> runs = new ArrayList<>();
    for (String name : TestPrograms.names()) {
      Path ramdisk = programs.ramdisk(name, programs.compile(name));
      runs.add(
          () -> ProgramsTest.assertSuccess(name, "on NetBSD's kernel", process.command(ramdisk)));
    }
    assertAll(runs);
  }
}
