// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rumpstubdom.xl.DeviceModel;

/**
 * What came of a run, or of an earlier one.
 *
 * @param counter how stub domains read the time-stamp counter
 * @param versions what was measured with, by name
 * @param figures everything that was measured, in the order of the table
 */
public record BenchResult(
    Counter counter, SortedMap<String, String> versions, List<Figure> figures) {
  /** Accesses that Xen answers itself: no device model can be faster. */
  static final String XEN_PORT = "io/xen-port";

  static final String XEN_MEMORY = "io/xen-memory";

  /** How a stub domain reads the time-stamp counter. */
  public enum Counter {
    /** Without a trap, as on processors with an invariant counter. */
    NATIVE("native"),
    /** Each read is trapped and emulated by Xen, as on the emulated processor by itself. */
    TRAPPED("trapped");

    private final String word;

    Counter(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /** Makes copies that nobody changes. */
  public BenchResult {
    versions = new TreeMap<>(versions);
    figures = List.copyOf(figures);
  }

  /** The figure of that key. */
  public Optional<Figure> figure(String key) {
    return figures.stream().filter(figure -> figure.key().equals(key)).findFirst();
  }

  /** The device models for which there is anything, in the order of tables. */
  public List<DeviceModel> models() {
    return Arrays.stream(DeviceModel.values())
        .filter(model -> figures.stream().anyMatch(figure -> figure.values().containsKey(model)))
        .toList();
  }

  /**
   * The least an operation can take: what Xen needs for as many accesses as the operation makes,
   * were all of them answered by Xen itself. Empty where that was not measured.
   */
  public OptionalDouble floor(Figure figure) {
    if (figure.ports() + figure.memory() == 0) {
      return OptionalDouble.empty();
    }
    OptionalDouble port = xen(XEN_PORT);
    OptionalDouble memory = xen(XEN_MEMORY);
    return port.isPresent() && memory.isPresent()
        ? OptionalDouble.of(
            figure.ports() * port.getAsDouble() + figure.memory() * memory.getAsDouble())
        : OptionalDouble.empty();
  }

  private OptionalDouble xen(String key) {
    return figure(key).stream()
        .flatMap(figure -> figure.values().values().stream())
        .mapToDouble(Figure.Sample::mean)
        .min();
  }
}
