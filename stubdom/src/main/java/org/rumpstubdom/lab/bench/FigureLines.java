// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/** Reads the figures out of what a guest wrote; tests/guests/README.md has the form. */
final class FigureLines {
  /** The prefix of the guests that measure. */
  static final String PREFIX = "bench-";

  private static final Pattern LINE =
      Pattern.compile("(?m)^DATA " + PREFIX + "(\\S+): figure=(\\S+) (.*)$");
  private static final Pattern FIELD = Pattern.compile("([a-z]+)=(\\d+)");

  private FigureLines() {}

  /**
   * The figures in a guest's serial output.
   *
   * @param group the group they belong to; empty: the one the lines name
   * @throws StubdomException (5) when a line is not complete
   */
  static List<Figure> of(String serial, String group, DeviceModel model) {
    List<Figure> figures = new ArrayList<>();
    Matcher line = LINE.matcher(serial);
    while (line.find()) {
      Map<String, Integer> fields = fields(line);
      Figure.Sample sample =
          new Figure.Sample(
              whole(fields, "n", line.group()),
              number(fields, "mean", line.group()),
              number(fields, "median", line.group()),
              number(fields, "least", line.group()),
              number(fields, "most", line.group()));
      figures.add(
          new Figure(
              group.isEmpty() ? line.group(1) : group,
              line.group(2),
              Figure.Unit.INSTRUCTIONS,
              whole(fields, "ports", line.group()),
              whole(fields, "memory", line.group()),
              Map.of(model, sample)));
    }
    return figures;
  }

  /**
   * The same figures, in that order, and how many operations each is the mean of.
   *
   * @throws StubdomException (5) when a line is not complete
   */
  static Map<Figure, Double> operations(String serial, String group, DeviceModel model) {
    Map<Figure, Double> operations = new LinkedHashMap<>();
    Iterator<Figure> figures = of(serial, group, model).iterator();
    Matcher line = LINE.matcher(serial);
    while (line.find()) {
      Map<String, Integer> fields = fields(line);
      double count =
          (double) whole(fields, "n", line.group()) * whole(fields, "each", line.group());
      operations.put(figures.next(), count);
    }
    return operations;
  }

  private static Map<String, Integer> fields(Matcher line) {
    Map<String, Integer> fields = new HashMap<>();
    Matcher field = FIELD.matcher(line.group(3));
    while (field.find()) {
      fields.put(field.group(1), Integer.parseUnsignedInt(field.group(2)));
    }
    return fields;
  }

  private static double number(Map<String, Integer> fields, String name, String line) {
    return Integer.toUnsignedLong(whole(fields, name, line));
  }

  private static int whole(Map<String, Integer> fields, String name, String line) {
    Integer value = fields.get(name);
    if (value == null) {
      throw StubdomException.test("a guest's figure", "has no " + name + ": " + line, "report it");
    }
    return value;
  }
}
