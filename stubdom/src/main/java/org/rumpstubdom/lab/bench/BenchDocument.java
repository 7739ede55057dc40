// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The parts of a Markdown document that come from a result. Each stands between two comments, and
 * all around them is somebody's prose that stays:
 *
 * <pre>
 * &lt;!-- bench: table --&gt;
 * &lt;!-- bench: end --&gt;
 * </pre>
 *
 * <p>Parts are "table" (all figures), "summary" (a few), "charts" (images in files beside the
 * document) and "versions"; others are {@link ProfileDocument}'s.
 */
public final class BenchDocument {
  private static final String TABLE_PART = "table";
  private static final String SUMMARY_PART = "summary";
  private static final String VERSIONS_PART = "versions";
  private static final String CHARTS_PART = "charts";

  /** That of {@link ProfileDocument}. */
  static final String PROFILE_PART = "profile";

  private static final Set<String> OWN =
      Set.of(TABLE_PART, SUMMARY_PART, VERSIONS_PART, CHARTS_PART);

  /** All that documents can have. */
  static final Set<String> PARTS =
      Set.of(TABLE_PART, SUMMARY_PART, VERSIONS_PART, CHARTS_PART, PROFILE_PART);

  /** What a summary has. */
  private static final Set<String> SUMMARY =
      Set.of(
          "io/port-read",
          "io/memory-read",
          "ide/read-4k",
          "ahci/read-4k",
          "ahci/read-4k-by-31",
          "ahci/flush",
          "e1000/echo-60",
          "e1000/out-1514-by-16",
          "start/create",
          "start/device-model-up",
          "start/stub-domain-memory");

  private static final Map<String, List<String>> CHARTS = charts();

  private final BenchResult result;

  /** Documents of that result. */
  public BenchDocument(BenchResult result) {
    this.result = result;
  }

  private static Map<String, List<String>> charts() {
    Map<String, List<String>> charts = new LinkedHashMap<>();
    charts.put("Accesses to registers", List.of("io"));
    charts.put("Disks", List.of("ide", "ahci", "scsi"));
    charts.put("Network", List.of("e1000", "rtl8139"));
    charts.put("Starts", List.of(BenchRun.START));
    return charts;
  }

  /**
   * Checks that a document can be renewed, for what is done only after long work.
   *
   * @throws StubdomException (3) when it has no part that comes from a result, or an unknown one
   */
  public static void require(Path document) throws IOException {
    DocumentParts.require(document, PARTS, OWN);
  }

  /** Renews a document's parts, and writes its charts if it shows them. */
  public void renew(Path document) throws IOException {
    require(document);
    for (Map.Entry<String, String> chart : chartFiles(document).entrySet()) {
      AtomicFiles.write(document.resolveSibling(chart.getKey()), chart.getValue());
    }
    AtomicFiles.write(document, renewed(document));
  }

  /** What a document has to be. */
  String renewed(Path document) throws IOException {
    return DocumentParts.with(
        document, part -> OWN.contains(part.name()) ? part(part.name(), document) : part.content());
  }

  private String part(String name, Path document) {
    return switch (name) {
      case TABLE_PART -> "\n" + new BenchTable(result).markdown() + "\n";
      case SUMMARY_PART ->
          "\n" + new BenchTable(result, figure -> SUMMARY.contains(figure.key())).markdown() + "\n";
      case VERSIONS_PART -> versions();
      case CHARTS_PART -> {
        StringBuilder images = new StringBuilder("\n");
        charts(document)
            .keySet()
            .forEach(file -> images.append("![%s](%s)%n%n".formatted(file, file)));
        yield images.toString();
      }
      default -> throw new IllegalStateException(name);
    };
  }

  private String versions() {
    StringBuilder list = new StringBuilder("\n");
    list.append("* time-stamp counter of stub domains: ").append(result.counter()).append('\n');
    result
        .versions()
        .forEach((name, version) -> list.append("* %s: %s%n".formatted(name, version)));
    return list.append('\n').toString();
  }

  /** What Xen alone takes is a mark beside every bar, and needs none of its own. */
  private static boolean isFloor(Figure figure) {
    return Set.of(BenchResult.XEN_PORT, BenchResult.XEN_MEMORY).contains(figure.key());
  }

  /** Its charts by the names of their files, which begin as the document's does. */
  Map<String, String> chartFiles(Path document) throws IOException {
    return DocumentParts.of(document).stream().anyMatch(part -> part.name().equals(CHARTS_PART))
        ? charts(document)
        : Map.of();
  }

  private Map<String, String> charts(Path document) {
    String stem = document.getFileName().toString().replaceFirst("\\.[^.]*$", "");
    Map<String, String> files = new LinkedHashMap<>();
    if (!result.models().contains(DeviceModel.DOM0)) {
      return files;
    }
    CHARTS.forEach(
        (title, groups) -> {
          List<Figure> figures =
              result.figures().stream()
                  .filter(figure -> groups.contains(figure.group()) && !isFloor(figure))
                  .toList();
          BenchChart chart = new BenchChart(result, figures);
          if (!chart.isEmpty()) {
            String name = stem + "-" + title.split(" ", -1)[0].toLowerCase(Locale.ROOT) + ".svg";
            files.put(name, chart.svg(title + ", as parts of QEMU in dom0"));
          }
        });
    return files;
  }
}
