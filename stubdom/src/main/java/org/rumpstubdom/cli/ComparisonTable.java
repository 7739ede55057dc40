// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestResult.Phase;

/** The figures of each guest on several device models and hosts, side by side. */
final class ComparisonTable {
  private static final int LABEL_WIDTH = 34;
  private static final int COLUMN_WIDTH = 14;
  private static final String NONE = "-";

  private ComparisonTable() {}

  /**
   * Renders the table: a block for each guest, a column for each of its device models on each host.
   * Seconds are those of the emulated host's clock.
   */
  static String of(List<GuestResult> results) {
    Map<String, List<GuestResult>> byGuest = new LinkedHashMap<>();
    for (GuestResult result : results) {
      byGuest.computeIfAbsent(result.name(), name -> new ArrayList<>()).add(result);
    }
    boolean hosts = results.stream().map(GuestResult::suite).distinct().count() > 1;
    StringBuilder table = new StringBuilder();
    byGuest.forEach(
        (name, columns) -> {
          row(table, name, columns, result -> word(result.model()));
          if (hosts) {
            row(table, "  host", columns, GuestResult::suite);
          }
          row(table, "  result", columns, result -> word(result.status()));
          for (Phase phase : Phase.values()) {
            row(table, "  " + phase.words() + ", s", columns, result -> seconds(result, phase));
          }
          row(table, "  memory of the stub domain, MiB", columns, ComparisonTable::memory);
          row(table, "  kernel and ramdisk, KiB", columns, ComparisonTable::imageSize);
        });
    return table.toString();
  }

  private static void row(
      StringBuilder table,
      String label,
      List<GuestResult> columns,
      Function<GuestResult, String> cell) {
    table.append(("%-" + LABEL_WIDTH + "s").formatted(label));
    for (GuestResult column : columns) {
      table.append(("%" + COLUMN_WIDTH + "s").formatted(cell.apply(column)));
    }
    table.append('\n');
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static String seconds(GuestResult result, Phase phase) {
    GuestResult.Span span = result.phases().get(phase);
    return span == null ? NONE : "%.3f".formatted(span.virtualSeconds());
  }

  private static String memory(GuestResult result) {
    GuestResult.Domain stub = result.domains().get(result.name() + "-dm");
    return stub == null ? NONE : Long.toString(stub.memoryMib());
  }

  private static String imageSize(GuestResult result) {
    long bytes = result.sizes().values().stream().mapToLong(Long::longValue).sum();
    return bytes == 0 ? NONE : Long.toString((bytes + 1023) / 1024);
  }
}
