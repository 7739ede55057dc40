// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class BenchDocumentTest {
  @TempDir private Path directory;

  private Path document(String text) throws IOException {
    return Files.writeString(directory.resolve("speed.md"), text);
  }

  @Test
  void partsAreRenewedAndProseStays() throws IOException {
    Path document =
        document(
            "before $1\n<!-- bench: table -->\nold\n<!-- bench: end -->\nbetween\n"
                + "<!-- bench: versions -->\n<!-- bench: end -->\nafter\n");
    BenchResult result = BenchResults.of(BenchResults.ours("io", "port-read", 41_824));
    new BenchDocument(result).renew(document);
    String expected =
        """
        before $1
        <!-- bench: table -->

        | thousand instructions, or as said | stubdom | Xen alone |
        |---|--:|--:|
        | io port read | 41.8 | - |

        <!-- bench: end -->
        between
        <!-- bench: versions -->

        * time-stamp counter of stub domains: native
        * suite: bookworm

        <!-- bench: end -->
        after
        """;
    assertEquals(expected, Files.readString(document));
    new BenchDocument(result).renew(document);
    assertEquals(expected, Files.readString(document));
  }

  @Test
  void aDocumentThatShowsNoChartsGetsNone() throws IOException {
    Path document = document("<!-- bench: summary -->\n<!-- bench: end -->\n");
    new BenchDocument(BenchResults.sample()).renew(document);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(document), files.toList());
    }
  }

  @Test
  void chartsAreFilesBesideTheDocument() throws Exception {
    Path document = document("<!-- bench: charts -->\n<!-- bench: end -->\n");
    new BenchDocument(BenchResults.sample()).renew(document);
    assertTrue(
        Files.readString(document).contains("![speed-disks.svg](speed-disks.svg)"),
        Files.readString(document));
    String svg = Files.readString(directory.resolve("speed-starts.svg"));
    NodeList bars =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)))
            .getElementsByTagName("rect");
    List<Double> widths = new ArrayList<>();
    for (int i = 0; i < bars.getLength(); i++) {
      Element bar = (Element) bars.item(i);
      if (bar.getAttribute("height").equals("10") && !bar.getAttribute("y").equals("28")) {
        widths.add(Double.parseDouble(bar.getAttribute("width")));
      }
    }
    // The creation took 0.794 s and 0.395 s; the stub domain's memory has no value of dom0.
    assertEquals(2, widths.size(), svg);
    assertEquals(0.794 / 0.395, widths.get(0) / widths.get(1), 0.01);
  }

  @Test
  void aDocumentWithoutPartsOrWithUnknownOnesIsRefused() throws IOException {
    for (String text : List.of("prose\n", "<!-- bench: weather -->\n<!-- bench: end -->\n")) {
      Path document = document(text);
      StubdomException failure =
          assertThrows(StubdomException.class, () -> BenchDocument.require(document));
      assertEquals(ExitCode.INPUT, failure.exitCode());
    }
    assertThrows(
        StubdomException.class, () -> BenchDocument.require(directory.resolve("absent.md")));
    assertFalse(Files.exists(directory.resolve("absent.md")));
  }
}
