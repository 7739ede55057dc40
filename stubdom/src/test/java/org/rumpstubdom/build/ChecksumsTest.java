// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/** What is recorded of an image, and what is said of another one. */
final class ChecksumsTest {
  private static final Checksums RECORDED =
      checksums("c0", Map.of("kernel", "k", "ramdisk", "r"), Map.of("gcc-12", "1", "make", "4"));

  @TempDir Path checkout;

  private static Checksums checksums(
      String sources, Map<String, String> files, Map<String, String> packages) {
    return new Checksums(sources, new TreeMap<>(files), new TreeMap<>(packages));
  }

  @BeforeEach
  void makeFolder() throws IOException {
    Files.createDirectory(checkout.resolve("docs"));
  }

  @Test
  void whatIsRecordedIsReadBackForEachRelease() throws IOException {
    Checksums other = checksums("c1", Map.of("kernel", "q"), Map.of());
    RECORDED.record(checkout, "trixie");
    other.record(checkout, "bookworm");
    assertEquals(RECORDED, Checksums.recorded(checkout, "trixie"));
    assertEquals(other, Checksums.recorded(checkout, "bookworm"));
    other.record(checkout, "trixie");
    assertEquals(other, Checksums.recorded(checkout, "trixie"));
  }

  @Test
  void theSameHasNoDifferences() {
    Checksums same = checksums("c0", RECORDED.files(), RECORDED.packages());
    assertEquals(List.of(), same.differing(RECORDED));
    assertEquals(List.of(), same.reasons(RECORDED));
  }

  @Test
  void filesThatDifferOrAreMissingAreNamed() {
    Checksums built = checksums("c0", Map.of("kernel", "x", "more", "m"), Map.of());
    assertEquals(List.of("kernel", "more", "ramdisk"), built.differing(RECORDED));
  }

  @Test
  void whatTheBytesDependOnIsTheReason() {
    Checksums built = checksums("c9", RECORDED.files(), Map.of("gcc-12", "2", "perl", "5"));
    assertEquals(
        List.of(
            "the project's own sources are not those of the record",
            "gcc-12 2, recorded with 1",
            "make missing, recorded with 4",
            "perl 5, recorded with none"),
        built.reasons(RECORDED));
  }

  @Test
  void aReleaseWithoutARecordIsRefused() throws IOException {
    RECORDED.record(checkout, "trixie");
    StubdomException refusal =
        assertThrows(StubdomException.class, () -> Checksums.recorded(checkout, "bookworm"));
    assertEquals(ExitCode.INPUT, refusal.exitCode());
    assertTrue(refusal.fix().contains("--suite=bookworm --record"), refusal.getMessage());
  }

  @Test
  void aRecordThatIsNoneIsRefused() throws IOException {
    for (String text : List.of("[", "[]", "{\"trixie\": 1}")) {
      Files.writeString(checkout.resolve(Checksums.FILE), text);
      StubdomException refusal =
          assertThrows(StubdomException.class, () -> Checksums.recorded(checkout, "trixie"));
      assertEquals(ExitCode.INPUT, refusal.exitCode());
      assertTrue(refusal.why().startsWith("is not readable"), refusal.getMessage());
    }
  }
}
