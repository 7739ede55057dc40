// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rumpstubdom.build.FileTool;
import org.rumpstubdom.build.netbsd.RumpLibraries;
import org.rumpstubdom.image.FileSystemKind;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.StubdomException;

/**
 * Files in images by NetBSD's file systems. Debian's own tools make the images (mke2fs, makefs,
 * mkfs.vfat with mtools, xorriso) and judge what was written. Needs NetBSD's libraries.
 */
@Tag("programs")
final class FileToolTest {
  private static final int LARGE = 300_000;

  @TempDir private Path directory;
  private FileTool tool;
  private Path tree;
  private Path large;

  @BeforeEach
  void prepare() throws IOException {
    Path libraries = RumpKernels.netbsd();
    CacheDirectory cache = CacheDirectory.ofUser();
    RumpLibraries opened = RumpLibraries.open(libraries, cache);
    tool = new FileTool(TestPrograms.CHECKOUT, cache, opened, Progress.silent());
    tree = Files.createDirectories(directory.resolve("tree/sub")).getParent();
    Files.writeString(tree.resolve("one"), "hello\n");
    byte[] content = new byte[LARGE];
    new Random(1).nextBytes(content);
    large = Files.write(tree.resolve("sub/two"), content);
  }

  private static String run(String... command) {
    return Command.of(command).capture().run().output();
  }

  private Path image(FileSystemKind kind) {
    String image = directory.resolve(kind.component()).toString();
    switch (kind) {
      case EXT2 -> run("mke2fs", "-q", "-t", "ext2", "-d", tree.toString(), image, "8M");
      case FFS -> run("makefs", "-t", "ffs", "-s", "8m", image, tree.toString());
      case MSDOS -> {
        run("mkfs.vfat", "-C", image, "8192");
        run("mcopy", "-s", "-i", image, tree.resolve("one").toString(), "::");
        run("mcopy", "-s", "-i", image, tree.resolve("sub").toString(), "::");
      }
      case CD9660 -> run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", image, tree.toString());
    }
    return Path.of(image);
  }

  private byte[] cat(Path image, FileSystemKind kind, String path) throws IOException {
    Path out = directory.resolve("out");
    tool.run("cat", image, kind, path, null, out);
    return Files.readAllBytes(out);
  }

  private List<String> names(Path image, FileSystemKind kind, String path) throws IOException {
    Path out = directory.resolve("listed");
    tool.run("ls", image, kind, path, null, out);
    return Files.readAllLines(out).stream()
        .map(line -> line.substring(0, 1) + line.substring(line.lastIndexOf('\t') + 1))
        .filter(name -> !name.equals("dlost+found"))
        .sorted()
        .toList();
  }

  @ParameterizedTest
  @EnumSource(FileSystemKind.class)
  void whatDebiansToolsWroteIsRead(FileSystemKind kind) throws IOException {
    Path image = image(kind);
    assertEquals(kind, FileSystemKind.of(image).orElseThrow());
    assertEquals(List.of("-one", "dsub"), names(image, kind, "/"));
    assertEquals(List.of("-two"), names(image, kind, "/sub"));
    assertArrayEquals(Files.readAllBytes(large), cat(image, kind, "/sub/two"));
    StubdomException absent =
        assertThrows(StubdomException.class, () -> cat(image, kind, "/absent"));
    assertTrue(absent.getMessage().contains("/absent: No such file"), absent::getMessage);
  }

  @ParameterizedTest
  @EnumSource(
      value = FileSystemKind.class,
      names = {"EXT2", "FFS", "MSDOS"})
  void whatIsWrittenIsThere(FileSystemKind kind) throws IOException {
    Path image = image(kind);
    tool.run("mkdir", image, kind, "/new", null, null);
    tool.run("put", image, kind, "/new/three", large, null);
    tool.run("put", image, kind, "/one", large, null);
    byte[] content = Files.readAllBytes(large);
    assertArrayEquals(content, cat(image, kind, "/new/three"));
    Path copy = directory.resolve("copy");
    if (kind == FileSystemKind.EXT2) {
      run("e2fsck", "-fn", image.toString());
      run("debugfs", "-R", "dump /new/three " + copy, image.toString());
      assertArrayEquals(content, Files.readAllBytes(copy));
    } else if (kind == FileSystemKind.MSDOS) {
      run("fsck.vfat", "-n", image.toString());
      run("mcopy", "-i", image.toString(), "::new/three", copy.toString());
      assertArrayEquals(content, Files.readAllBytes(copy));
    }
  }

  @Test
  void whatCannotBeIsSaid() throws IOException {
    Path image = image(FileSystemKind.CD9660);
    StubdomException readOnly =
        assertThrows(
            StubdomException.class,
            () -> tool.run("mkdir", image, FileSystemKind.CD9660, "/new", null, null));
    assertTrue(readOnly.getMessage().contains("Read-only"), readOnly::getMessage);
    StubdomException other =
        assertThrows(StubdomException.class, () -> cat(image, FileSystemKind.EXT2, "/one"));
    assertTrue(other.getMessage().contains("cannot be mounted"), other::getMessage);
  }
}
