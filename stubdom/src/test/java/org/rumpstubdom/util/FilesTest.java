// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Atomic writes, temporary directories and the cache. */
class FilesTest {
  @TempDir Path directory;

  @Test
  void writingKeepsPermissionsAndFollowsLinks() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), file);
    AtomicFiles.write(link, "new");
    assertEquals("new", Files.readString(file));
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void writingKeepsOwnerAndGroup() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "old");
    // Only root may give files away; anyone may give them to a group of his own.
    boolean root = Integer.valueOf(0).equals(Files.getAttribute(file, "unix:uid"));
    String groups = Command.of("id", "-G").capture().run().output().strip();
    String group = root ? "12346" : groups.substring(groups.lastIndexOf(' ') + 1);
    String owner = root ? "12345:" + group : ":" + group;
    Command.of("chown", owner, file.toString()).run();
    Object uid = Files.getAttribute(file, "unix:uid");
    AtomicFiles.write(file, "new");
    assertEquals("new", Files.readString(file));
    assertEquals(uid, Files.getAttribute(file, "unix:uid"));
    assertEquals(Integer.valueOf(group), Files.getAttribute(file, "unix:gid"));
  }

  @Test
  void whatIsNoRegularFileIsWrittenToAndStays() throws Exception {
    Path pipe = directory.resolve("pipe");
    Command.of("mkfifo", pipe.toString()).run();
    Path copy = directory.resolve("copy");
    try (Command.Running reader =
        Command.of("dd", "if=" + pipe, "of=" + copy, "status=none")
            .timeout(Duration.ofSeconds(30))
            .start()) {
      AtomicFiles.require(pipe);
      AtomicFiles.write(pipe, "through");
      assertEquals(0, reader.await().status());
    }
    assertEquals("through", Files.readString(copy));
    assertFalse(Files.isRegularFile(pipe));
  }

  /** What /dev/stdout is when standard output goes to a file. */
  @Test
  void aFileThatIsOpenStaysTheSameFile() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "first ");
    try (FileInputStream open = new FileInputStream(file.toFile());
        var descriptors = Files.list(Path.of("/proc/self/fd"))) {
      Path link =
          descriptors
              .filter(entry -> isLinkTo(entry, file))
              .findFirst()
              .orElseThrow(() -> new AssertionError(open + " is not open"));
      AtomicFiles.write(link, "second");
      assertEquals("first second", new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static boolean isLinkTo(Path link, Path file) {
    try {
      return Files.readSymbolicLink(link).equals(file.toRealPath());
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void whatCannotBeWrittenIsNamedByItsOwnName() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    assertRefused("is a directory", directory);
    assertRefused("its directory does not exist", directory.resolve("absent/file"));
    assertRefused(file + " is not a directory", file.resolve("below"));
    assertRefused(
        "is a link to nothing",
        Files.createSymbolicLink(directory.resolve("link"), directory.resolve("absent")));
    Path process = Path.of("/proc/1/nothing");
    FileSystemException failure =
        assertThrows(FileSystemException.class, () -> AtomicFiles.write(process, "x"));
    assertEquals(process.toString(), failure.getFile());
  }

  private static void assertRefused(String why, Path file) {
    for (Executable action :
        List.<Executable>of(() -> AtomicFiles.write(file, "x"), () -> AtomicFiles.require(file))) {
      FileSystemException failure = assertThrows(FileSystemException.class, action);
      assertEquals(file.toString(), failure.getFile());
      assertEquals(why, failure.getReason());
    }
  }

  @Test
  void aFailedWriteLeavesTheOldContentAndNothingElse() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "old");
    assertThrows(
        IOException.class,
        () ->
            AtomicFiles.write(
                file,
                out -> {
                  out.write(1);
                  throw new IOException("full");
                }));
    assertEquals("old", Files.readString(file));
    try (var files = Files.list(directory)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void newFilesAreReadableByAll() throws IOException {
    Path file = directory.resolve("file");
    AtomicFiles.write(file, "x");
    assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void temporaryDirectoriesVanishWithAllTheyHold() throws IOException {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("precious"), "x");
    Path inside;
    try (TemporaryDirectory temporary = TemporaryDirectory.create(directory, "test")) {
      inside = temporary.path();
      Files.createSymbolicLink(inside.resolve("link"), outside);
      Files.createDirectories(inside.resolve("a/b"));
      Files.writeString(inside.resolve("a/b/c"), "x");
    }
    assertFalse(Files.exists(inside));
    assertTrue(Files.exists(outside.resolve("precious")));
  }

  @Test
  void theCacheFollowsXdg() {
    assertEquals(
        Path.of("/x/rump-stubdom"),
        CacheDirectory.of(Map.of("XDG_CACHE_HOME", "/x"), "/home/u").root());
    assertEquals(
        Path.of("/home/u/.cache/rump-stubdom"), CacheDirectory.of(Map.of(), "/home/u").root());
    assertEquals(
        Path.of("/home/u/.cache/rump-stubdom"),
        CacheDirectory.of(Map.of("XDG_CACHE_HOME", "relative"), "/home/u").root());
  }

  @Test
  void anEntryIsFilledOnceAndWholeOrNotAtAll() throws IOException {
    CacheDirectory cache = new CacheDirectory(directory.resolve("cache"));
    AtomicInteger fills = new AtomicInteger();
    assertThrows(
        IOException.class,
        () ->
            cache.entry(
                "kind",
                "key",
                entry -> {
                  Files.writeString(entry.resolve("half"), "x");
                  throw new IOException("stopped");
                }));
    assertFalse(Files.exists(cache.entry("kind", "key")));
    for (int i = 0; i < 2; i++) {
      Path entry =
          cache.entry(
              "kind",
              "key",
              fresh -> {
                fills.incrementAndGet();
                Files.writeString(fresh.resolve("file"), "x");
              });
      assertEquals("x", Files.readString(entry.resolve("file")));
      assertFalse(Files.exists(entry.resolve("half")));
    }
    assertEquals(1, fills.get());
    try (var left = Files.list(cache.directory("kind"))) {
      assertEquals(1, left.count());
    }
  }

  @Test
  void aDiscardedEntryIsFilledAgain() throws IOException {
    CacheDirectory cache = new CacheDirectory(directory.resolve("cache"));
    cache.discard("kind", "key");
    AtomicInteger fills = new AtomicInteger();
    CacheDirectory.Filler filler =
        fresh -> Files.writeString(fresh.resolve("file"), "" + fills.incrementAndGet());
    cache.entry("kind", "key", filler);
    cache.discard("kind", "key");
    assertFalse(Files.exists(cache.entry("kind", "key")));
    assertEquals("2", Files.readString(cache.entry("kind", "key", filler).resolve("file")));
    try (var left = Files.list(cache.directory("kind"))) {
      assertEquals(1, left.count());
    }
  }
}
