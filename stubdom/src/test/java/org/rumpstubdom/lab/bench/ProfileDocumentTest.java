// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

class ProfileDocumentTest {
  @TempDir private Path directory;

  private Path document(String text) throws IOException {
    return Files.writeString(directory.resolve("speed.md"), text);
  }

  @Test
  void profilesAreRenewedAndTheRestStays() throws IOException {
    Path document =
        document(
            "<!-- bench: table -->\nfigures\n<!-- bench: end -->\n"
                + "<!-- bench: profile io/port-read -->\nold\n<!-- bench: end -->\nafter\n");
    new ProfileDocument(ProfileResults.sample()).renew(document);
    String expected =
        """
        <!-- bench: table -->
        figures
        <!-- bench: end -->
        <!-- bench: profile io/port-read -->

        | instructions | io port read, stubdom | io port read, dom0 |
        |---|--:|--:|
        | Xen | 13,902 | 29,000 |
        | rump-runtime/linux | 1,965 | - |
        | QEMU and its libraries | 4,718 | - |
        | dom0's kernel | - | 12,000 |
        | other | - | - |
        | sum | 20,586 | 41,000 |
        | measured | 22,187 | 41,900 |

        <!-- bench: end -->
        after
        """;
    assertEquals(expected, Files.readString(document));
    // Figures leave the profiles alone in turn.
    new BenchDocument(BenchResults.sample()).renew(document);
    assertTrue(Files.readString(document).contains("| Xen | 13,902 | 29,000 |"));
  }

  @Test
  void severalFiguresStandBesideEachOther() throws IOException {
    Path document =
        document("<!-- bench: profile io/port-write io/port-read -->\n<!-- bench: end -->\n");
    String text = new ProfileDocument(ProfileResults.sample()).renewed(document);
    assertTrue(
        text.contains(
            "| instructions | io port write, stubdom | io port read, stubdom | io port read, dom0 |"),
        text);
    assertTrue(text.contains("| other | 100 | - | - |"), text);
  }

  @Test
  void aProfileThatWasNotTakenIsNamed() throws IOException {
    Path document = document("<!-- bench: profile io/none -->\n<!-- bench: end -->\n");
    ProfileDocument profiles = new ProfileDocument(ProfileResults.sample());
    StubdomException failure =
        assertThrows(StubdomException.class, () -> profiles.renewed(document));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.getMessage().contains("io/none"), failure.getMessage());
  }

  @Test
  void aDocumentWithoutProfilesIsRefused() throws IOException {
    Path document = document("<!-- bench: table -->\n<!-- bench: end -->\n");
    BenchDocument.require(document);
    StubdomException failure =
        assertThrows(StubdomException.class, () -> ProfileDocument.require(document));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    Path other = document("<!-- bench: profile io/port-read -->\n<!-- bench: end -->\n");
    ProfileDocument.require(other);
    assertThrows(StubdomException.class, () -> BenchDocument.require(other));
  }

  @Test
  void asTextEachFigureHasATable() {
    assertEquals(
        """
        instructions            io port read, stubdom  io port read, dom0
        Xen                                    13,902              29,000
        rump-runtime/linux                      1,965                   -
        QEMU and its libraries                  4,718                   -
        dom0's kernel                               -              12,000
        other                                       -                   -
        sum                                    20,586              41,000
        measured                               22,187              41,900

        instructions  io port write, stubdom
        other                            100
        sum                              100
        measured                         100
        """,
        ProfileTable.text(ProfileResults.sample()));
  }
}
