// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.StubdomException;

/** The independent reader is GNU cpio. */
class RamdiskTest {
  private static final RamdiskManifest MANIFEST =
      RamdiskManifest.deviceModel(
          "/usr/bin/qemu-system-i386",
          List.of("-L", "/usr/share/qemu"),
          Map.of("B", "2", "A", "1"));

  @TempDir Path directory;

  @Test
  void manifestIsLinesOfKeyAndValue() {
    assertEquals(
        """
        program /usr/bin/qemu-system-i386
        mode device-model
        arg -L
        arg /usr/share/qemu
        env A=1
        env B=2
        """,
        MANIFEST.text());
  }

  @Test
  void manifestRefusesWhatALineCannotHold() {
    assertThrows(
        IllegalArgumentException.class,
        () -> RamdiskManifest.plain("/a", List.of("two\nlines"), Map.of()));
    assertThrows(
        IllegalArgumentException.class, () -> RamdiskManifest.plain("a", List.of(), Map.of()));
  }

  @Test
  void cpioUnpacksTheTreeThatWasArchived() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    Files.createDirectories(tree.resolve("b/empty"));
    Files.write(tree.resolve("b/data"), new byte[10_000]);
    Files.writeString(tree.resolve("a"), "program");
    Files.setPosixFilePermissions(tree.resolve("a"), PosixFilePermissions.fromString("rwx------"));
    Files.createSymbolicLink(tree.resolve("c"), Path.of("b/data"));
    Path archive = directory.resolve("tree.cpio");
    try (OutputStream out = Files.newOutputStream(archive)) {
      NewcWriter.tree(tree, out);
    }
    assertEquals(
        List.of(
            "-rwxr-xr-x 1 0 0 7 Jan 1 1970 a",
            "drwxr-xr-x 2 0 0 0 Jan 1 1970 b",
            "-rw-r--r-- 1 0 0 10000 Jan 1 1970 b/data",
            "drwxr-xr-x 2 0 0 0 Jan 1 1970 b/empty",
            "lrwxrwxrwx 1 0 0 6 Jan 1 1970 c -> b/data"),
        cpio(archive, "-itv", "--quiet", "--numeric-uid-gid"));
    Path copy = Files.createDirectory(directory.resolve("copy"));
    Command.of("cpio", "-i", "--quiet").input(archive).in(copy).run();
    Command.of("diff", "-r", "--no-dereference", tree.toString(), copy.toString()).run();
  }

  @Test
  void cpioListsWhatWasWritten() throws IOException {
    Path ramdisk = directory.resolve("ramdisk");
    Ramdisk.write(
        ramdisk,
        MANIFEST,
        new TreeMap<>(
            Map.of(
                "usr/bin/tool", Ramdisk.file(file("tool", 5000), 0755),
                "usr/share/small", Ramdisk.bytes(new byte[] {1, 2, 3}),
                "usr/share/link", Ramdisk.symlink("small"))));
    List<String> listed = cpio(ramdisk, "-itv", "--quiet", "--numeric-uid-gid");
    assertEquals(
        List.of(
            "-r--r--r-- 1 0 0 " + MANIFEST.text().length() + " Jan 1 1970 stubdom.manifest",
            "drwxr-xr-x 2 0 0 0 Jan 1 1970 usr",
            "drwxr-xr-x 2 0 0 0 Jan 1 1970 usr/bin",
            "-rwxr-xr-x 1 0 0 5000 Jan 1 1970 usr/bin/tool",
            "drwxr-xr-x 2 0 0 0 Jan 1 1970 usr/share",
            "lrwxrwxrwx 1 0 0 5 Jan 1 1970 usr/share/link -> small",
            "-rw-r--r-- 1 0 0 3 Jan 1 1970 usr/share/small"),
        listed.stream().filter(line -> !line.contains(".pad/")).toList());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void largeFilesLieOnPagesAndCpioExtractsThemUnchanged(long seed) throws IOException {
    Random random = new Random(seed);
    SortedMap<String, Ramdisk.Entry> entries = new TreeMap<>();
    Map<String, byte[]> expected = new TreeMap<>();
    for (int i = 0; i < 40; i++) {
      String name = "d" + random.nextInt(5) + "/" + "f".repeat(1 + random.nextInt(60)) + i;
      byte[] content = new byte[sizeNear(random)];
      random.nextBytes(content);
      expected.put(name, content);
      entries.put(name, Ramdisk.bytes(content));
    }
    Path ramdisk = directory.resolve("ramdisk");
    Ramdisk.write(ramdisk, MANIFEST, entries);

    byte[] archive = Files.readAllBytes(ramdisk);
    Map<String, Ramdisk.Item> items = new TreeMap<>();
    Ramdisk.list(ramdisk).forEach(item -> items.put(item.name(), item));
    Path extracted = Files.createDirectory(directory.resolve("extracted"));
    Command.of("cpio", "-idm", "--quiet", "--no-absolute-filenames")
        .in(extracted)
        .input(ramdisk)
        .run();
    expected.forEach(
        (name, content) -> {
          Ramdisk.Item item = items.get(name);
          assertEquals(content.length, item.size(), name);
          if (content.length >= Ramdisk.PAGE) {
            assertEquals(0, item.dataOffset() % Ramdisk.PAGE, name);
          }
          int start = (int) item.dataOffset();
          assertArrayEquals(
              content, Arrays.copyOfRange(archive, start, start + content.length), name);
          try {
            assertArrayEquals(content, Files.readAllBytes(extracted.resolve(name)), name);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    assertEquals(RamdiskManifest.NAME, Ramdisk.list(ramdisk).get(0).name());
  }

  @Test
  void bytesDependOnTheEntriesAlone() throws IOException {
    Path source = file("tool", 9000);
    Path first = directory.resolve("first");
    Path second = directory.resolve("second");
    SortedMap<String, Ramdisk.Entry> entries =
        new TreeMap<>(Map.of("bin/tool", Ramdisk.file(source, 0755)));
    Ramdisk.write(first, MANIFEST, entries);
    Files.setLastModifiedTime(source, FileTime.fromMillis(1_000_000_000L));
    Ramdisk.write(second, MANIFEST, entries);
    assertEquals(-1, Files.mismatch(first, second));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/abs", "a/", "a//b", "../up", ".pad/1", "stubdom.manifest"})
  void refusesNamesThatMeanSomethingElse(String name) {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Ramdisk.write(
                directory.resolve("r"),
                MANIFEST,
                new TreeMap<>(Map.of(name, Ramdisk.bytes(new byte[1])))));
  }

  @Test
  void brokenArchiveIsNamed() throws IOException {
    Path ramdisk = directory.resolve("ramdisk");
    Ramdisk.write(ramdisk, MANIFEST, new TreeMap<>(Map.of("f", Ramdisk.bytes(new byte[10000]))));
    byte[] whole = Files.readAllBytes(ramdisk);
    Files.write(ramdisk, Arrays.copyOf(whole, 6000));
    StubdomException failure = assertThrows(StubdomException.class, () -> Ramdisk.list(ramdisk));
    assertTrue(
        failure.getMessage().startsWith(ramdisk + ": the newc cpio archive ends in the middle;"),
        failure.getMessage());
  }

  @Test
  void readsOneFile() throws IOException {
    Path ramdisk = directory.resolve("ramdisk");
    Ramdisk.write(ramdisk, MANIFEST, new TreeMap<>());
    assertEquals(
        MANIFEST.text(),
        new String(Ramdisk.read(ramdisk, RamdiskManifest.NAME), StandardCharsets.UTF_8));
    assertThrows(StubdomException.class, () -> Ramdisk.read(ramdisk, "absent"));
  }

  /** Sizes around the page boundary matter most. */
  private static int sizeNear(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(20);
      case 1 -> Ramdisk.PAGE - 2 + random.nextInt(5);
      case 2 -> 2 * Ramdisk.PAGE;
      default -> random.nextInt(20000);
    };
  }

  private Path file(String name, int size) throws IOException {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return Files.write(directory.resolve(name), content);
  }

  private static List<String> cpio(Path archive, String... options) {
    return Command.of("cpio")
        .args(options)
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .input(archive)
        .capture()
        .run()
        .output()
        .lines()
        .map(line -> line.strip().replaceAll(" +", " "))
        .toList();
  }
}
