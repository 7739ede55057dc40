// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import org.rumpstubdom.lab.bench.Figure.Unit;
import org.rumpstubdom.xl.DeviceModel;

/** A result as a table: plain text, or Markdown. Instructions are given in thousands. */
public final class BenchTable {
  private static final String NONE = "-";

  private final List<List<String>> rows = new ArrayList<>();

  /** A table of all figures. */
  public BenchTable(BenchResult result) {
    this(result, figure -> true);
  }

  /** A table of some figures. */
  BenchTable(BenchResult result, Predicate<Figure> wanted) {
    List<DeviceModel> models = result.models();
    List<DeviceModel> peers =
        models.contains(DeviceModel.STUBDOM)
            ? models.stream().filter(model -> model != DeviceModel.STUBDOM).toList()
            : List.of();
    List<String> header = new ArrayList<>(List.of("thousand instructions, or as said"));
    models.forEach(model -> header.add(model.toString()));
    peers.forEach(peer -> header.add("ours:" + peer));
    header.add("Xen alone");
    rows.add(header);
    for (Figure figure : result.figures()) {
      if (wanted.test(figure)) {
        List<String> row = new ArrayList<>(List.of(label(figure)));
        models.forEach(model -> row.add(cell(figure.unit(), figure.mean(model))));
        peers.forEach(peer -> row.add(ratio(figure.ratio(peer))));
        row.add(cell(figure.unit(), result.floor(figure)));
        rows.add(row);
      }
    }
  }

  private static String label(Figure figure) {
    String name = figure.group() + " " + figure.name().replace('-', ' ');
    return switch (figure.unit()) {
      case INSTRUCTIONS, COUNT -> name;
      case SECONDS -> name + ", s";
      case MEBIBYTES -> name + ", MiB";
    };
  }

  private static String cell(Unit unit, OptionalDouble value) {
    if (value.isEmpty()) {
      return NONE;
    }
    double number = value.getAsDouble();
    return switch (unit) {
      case INSTRUCTIONS -> "%.1f".formatted(number / 1000);
      case SECONDS -> "%.3f".formatted(number);
      case MEBIBYTES -> "%.1f".formatted(number);
      case COUNT -> "%.0f".formatted(number);
    };
  }

  private static String ratio(OptionalDouble ratio) {
    return ratio.isEmpty() ? NONE : "%.2f".formatted(ratio.getAsDouble());
  }

  /** Columns side by side, the numbers to the right. */
  public String text() {
    return new TextTable(rows).plain();
  }

  /** The same for a document. */
  String markdown() {
    return new TextTable(rows).markdown();
  }
}
