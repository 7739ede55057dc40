// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.ArrayList;
import java.util.List;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/**
 * A piece of code in what the emulator's plugin has counted; profile-plugin.c has the form.
 *
 * @param address where the processor saw it
 * @param host where the emulator has it in its own memory
 * @param instructions how many of it were executed
 */
record CountedCode(long address, long host, long instructions) {
  private static final String GUEST = "guest";
  private static final String FIGURE = "figure";
  private static final int FIELDS = 3;

  /**
   * Reads the plugin's file.
   *
   * @return of each guest that came to its end the figures, of each figure the code
   * @throws StubdomException (5) when a line is of another form
   */
  static List<List<List<CountedCode>>> read(List<String> lines) {
    List<List<List<CountedCode>>> guests = new ArrayList<>();
    List<List<CountedCode>> figures = new ArrayList<>();
    try {
      for (String line : lines) {
        switch (line) {
          case FIGURE -> figures.add(new ArrayList<>());
          case GUEST -> {
            guests.add(figures);
            figures = new ArrayList<>();
          }
          default -> figures.get(figures.size() - 1).add(parse(line.split(" ", -1)));
        }
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new StubdomException(
          ExitCode.TEST,
          "the emulator's plugin",
          "wrote what is not understood",
          "report it",
          List.of(),
          e);
    }
    return guests;
  }

  private static CountedCode parse(String[] fields) {
    if (fields.length != FIELDS) {
      throw new IndexOutOfBoundsException();
    }
    return new CountedCode(
        Long.parseUnsignedLong(fields[0], 16),
        Long.parseUnsignedLong(fields[1], 16),
        Long.parseLong(fields[2]));
  }
}
