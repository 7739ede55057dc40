// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.List;

/**
 * A table whose first row is its header and whose other columns than the first are numbers.
 *
 * @param rows all of the same length
 */
record TextTable(List<List<String>> rows) {
  /** Columns side by side, the numbers to the right. */
  String plain() {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      text.append(("%-" + widths[0] + "s").formatted(row.get(0)));
      for (int i = 1; i < columns; i++) {
        text.append(("  %" + widths[i] + "s").formatted(row.get(i)));
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** The same for a document. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < rows.size(); i++) {
      text.append("| ").append(String.join(" | ", rows.get(i))).append(" |\n");
      if (i == 0) {
        text.append("|---|").append("--:|".repeat(rows.get(0).size() - 1)).append('\n');
      }
    }
    return text.toString();
  }
}
