// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.progress.ProgressEvent;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

final class SourceStoreTest {
  @TempDir Path directory;
  private final List<ProgressEvent> events = new ArrayList<>();
  private Path files;
  private CacheDirectory cache;

  @BeforeEach
  void prepare() throws IOException {
    files = Files.createDirectory(directory.resolve("files"));
    cache = new CacheDirectory(directory.resolve("cache"));
  }

  private SourceStore store(Path from, boolean offline) {
    AptArchive none =
        new AptArchive(directory.resolve("apt"), "bookworm", directory.resolve("log"));
    return new SourceStore(cache, none, from, offline, new Progress(events::add));
  }

  private SourceLock.Pinned pin(String version, Map<String, String> hashes) {
    return new SourceLock.Pinned("thing", version, SourceLock.Kind.SOURCE, List.of("MIT"), hashes);
  }

  @Test
  void takesTheUsersFilesAndThenTheCache() throws IOException {
    Path file = Files.writeString(files.resolve("thing_1.dsc"), "content");
    SourceLock.Pinned pin = pin("1", Map.of("thing_1.dsc", Hashing.sha256(file)));
    assertFalse(store(null, true).has(pin));
    FetchedPackage fetched = store(files, false).get(pin);
    assertTrue(fetched.pinned());
    assertEquals("content", Files.readString(fetched.file(".dsc")));
    Files.delete(file);
    assertEquals("content", Files.readString(store(null, true).get(pin).file(".dsc")));
  }

  @Test
  void refusesAWrongHashAndKeepsNothing() throws IOException {
    Files.writeString(files.resolve("thing_1.dsc"), "not the content");
    SourceLock.Pinned pin = pin("1", Map.of("thing_1.dsc", "0".repeat(64)));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> store(files, false).get(pin));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertEquals("thing_1.dsc", failure.what());
    assertTrue(failure.why().contains("0".repeat(64)), failure.why());
    assertFalse(store(null, true).has(pin));
    assertEquals(List.of(), Trees.list(cache.directory("sources")));
  }

  @Test
  void namesAMissingFile() {
    SourceLock.Pinned pin = pin("1", Map.of("thing_1.dsc", "0".repeat(64)));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> store(files, false).get(pin));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertEquals(files.resolve("thing_1.dsc").toString(), failure.what());
  }

  @Test
  void failsOfflineWithAColdCache() {
    SourceLock.Pinned pin = pin("1", Map.of("thing_1.dsc", "0".repeat(64)));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> store(null, true).get(pin));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.getMessage().contains("--offline"), failure.getMessage());
    assertEquals(1, failure.getMessage().lines().count());
  }

  @Test
  void takesTheNewestOtherVersionAndSaysSo() throws IOException {
    Path archive = Files.writeString(files.resolve("thing_3.orig.tar.xz"), "archive");
    for (String version : List.of("2", "3")) {
      Files.writeString(
          files.resolve("thing_" + version + ".dsc"),
          """
          -----BEGIN PGP SIGNED MESSAGE-----
          Hash: SHA512

          Source: thing
          Version: %s
          Checksums-Sha256:
           %s 7 thing_3.orig.tar.xz
          """
              .formatted(version, Hashing.sha256(archive)));
    }
    FetchedPackage fetched =
        store(files, false).get(pin("1", Map.of("thing_1.dsc", "0".repeat(64))));
    assertFalse(fetched.pinned());
    assertEquals("3", fetched.version());
    assertEquals("archive", Files.readString(fetched.file(".orig.tar.xz")));
    assertTrue(
        events.stream()
            .anyMatch(
                event ->
                    event instanceof ProgressEvent.Message message
                        && message.text().contains("thing: the pinned version 1")
                        && message.text().contains("using 3")),
        events::toString);
  }

  @Test
  void refusesAnotherVersionWhoseFilesDoNotMatchItsDsc() throws IOException {
    Files.writeString(files.resolve("thing_3.orig.tar.xz"), "archive");
    Files.writeString(
        files.resolve("thing_3.dsc"),
        "Source: thing\nVersion: 3\nChecksums-Sha256:\n %s 7 thing_3.orig.tar.xz\n"
            .formatted("1".repeat(64)));
    StubdomException failure =
        assertThrows(
            StubdomException.class,
            () -> store(files, false).get(pin("1", Map.of("thing_1.dsc", "0".repeat(64)))));
    assertEquals("thing_3.orig.tar.xz", failure.what());
  }

  private Path otherVersion() throws IOException {
    Path archive = Files.writeString(files.resolve("thing_3.orig.tar.xz"), "archive");
    return Files.writeString(
        files.resolve("thing_3.dsc"),
        "Source: thing\nVersion: 3\nChecksums-Sha256:\n %s 7 thing_3.orig.tar.xz\n"
            .formatted(Hashing.sha256(archive)));
  }

  private String messages() {
    return events.stream()
        .filter(event -> event instanceof ProgressEvent.Message)
        .map(event -> ((ProgressEvent.Message) event).text())
        .collect(Collectors.joining("\n"));
  }

  @Test
  void theUsersOtherVersionIsNotTakenWithoutTheDirectory() throws IOException {
    otherVersion();
    SourceLock.Pinned pin = pin("1", Map.of("thing_1.dsc", "0".repeat(64)));
    FetchedPackage fetched = store(files, false).get(pin);
    assertFalse(fetched.authenticated());
    assertTrue(messages().contains("not authenticated"), messages());
    assertFalse(store(null, true).has(pin));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> store(null, true).get(pin));
    assertTrue(failure.getMessage().contains("--offline"), failure.getMessage());
  }

  @Test
  void theDirectoryComesBeforeTheCache() throws IOException {
    Path file = Files.writeString(files.resolve("thing_1.dsc"), "content");
    SourceLock.Pinned pin = pin("1", Map.of("thing_1.dsc", Hashing.sha256(file)));
    store(files, false).get(pin);
    Files.delete(file);
    assertTrue(store(files, true).get(pin).pinned());
    assertTrue(messages().contains("thing: 1 is not in " + files), messages());
    otherVersion();
    assertEquals("3", store(files, true).get(pin).version());
  }

  @Test
  void whatIsDamagedInTheCacheIsReplaced() throws IOException {
    Path file = Files.writeString(files.resolve("thing_1.dsc"), "content");
    SourceLock.Pinned pin = pin("1", Map.of("thing_1.dsc", Hashing.sha256(file)));
    Path cached = store(files, false).get(pin).file(".dsc");
    for (String text : List.of("CONTENT", "")) {
      Files.writeString(cached, text);
      assertEquals("content", Files.readString(store(files, false).get(pin).file(".dsc")));
      Files.writeString(cached.resolveSibling("package.json"), text);
      assertEquals("content", Files.readString(store(files, false).get(pin).file(".dsc")));
    }
    Files.delete(cached);
    StubdomException failure =
        assertThrows(StubdomException.class, () -> store(null, true).get(pin));
    assertTrue(failure.getMessage().contains("--offline"), failure.getMessage());
  }

  @Test
  void refusesNamesThatLeadElsewhere() throws IOException {
    Path dsc = otherVersion();
    Path outside = Files.writeString(directory.resolve("outside"), "archive");
    Files.writeString(
        dsc, Files.readString(dsc).replace("thing_3.orig.tar.xz", "../" + outside.getFileName()));
    StubdomException failure =
        assertThrows(
            StubdomException.class,
            () -> store(files, false).get(pin("1", Map.of("thing_1.dsc", "0".repeat(64)))));
    assertEquals(dsc.toString(), failure.what());
    assertTrue(failure.why().contains("../outside"), failure.why());
  }
}
