// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.rumpstubdom.xl.DeviceModel;

/**
 * One thing that was measured, on one or several device models. Less is better in every unit.
 *
 * @param group what it belongs to, which is the name of the guest that measured it without "bench-"
 * @param name its name within the group
 * @param unit what its values are of
 * @param ports how many accesses to ports one operation makes, for its floor
 * @param memory how many to memory-mapped registers
 * @param values what was measured, by device model
 */
public record Figure(
    String group, String name, Unit unit, int ports, int memory, Map<DeviceModel, Sample> values) {
  /** What values are of. */
  public enum Unit {
    /** Instructions of the whole host for one operation, on its counted clock. */
    INSTRUCTIONS("instructions"),
    /** Seconds of the host's clock. */
    SECONDS("seconds"),
    /** Memory. */
    MEBIBYTES("MiB"),
    /** Things that went missing. */
    COUNT("count");

    private final String word;

    Unit(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /**
   * The samples of one device model.
   *
   * @param count how many there are
   * @param mean their mean, which comparisons go by
   * @param median the one in the middle
   * @param least the smallest
   * @param most the largest
   */
  public record Sample(int count, double mean, double median, double least, double most) {
    /** What is to be told of some values; at least one. */
    static Sample of(List<Double> values) {
      List<Double> sorted = values.stream().sorted().toList();
      return new Sample(
          sorted.size(),
          sorted.stream().mapToDouble(Double::doubleValue).average().orElseThrow(),
          sorted.get(sorted.size() / 2),
          sorted.get(0),
          sorted.get(sorted.size() - 1));
    }

    /** A value that was measured once. */
    public static Sample once(double value) {
      return new Sample(1, value, value, value, value);
    }
  }

  /** Keeps the values in the order of device models. */
  public Figure {
    Map<DeviceModel, Sample> sorted = new EnumMap<>(DeviceModel.class);
    sorted.putAll(values);
    values = sorted;
  }

  /** A figure without accesses that are known. */
  public Figure(String group, String name, Unit unit, Map<DeviceModel, Sample> values) {
    this(group, name, unit, 0, 0, values);
  }

  /** What identifies it in all results. */
  public String key() {
    return group + "/" + name;
  }

  /** The mean on a device model, if it was measured there. */
  public OptionalDouble mean(DeviceModel model) {
    Sample sample = values.get(model);
    return sample == null ? OptionalDouble.empty() : OptionalDouble.of(sample.mean());
  }

  /** Ours by that peer's, when both were measured and the peer's is not nothing. */
  public OptionalDouble ratio(DeviceModel peer) {
    OptionalDouble ours = mean(DeviceModel.STUBDOM);
    OptionalDouble theirs = mean(peer);
    boolean known = ours.isPresent() && theirs.isPresent() && theirs.getAsDouble() > 0;
    return known
        ? OptionalDouble.of(ours.getAsDouble() / theirs.getAsDouble())
        : OptionalDouble.empty();
  }
}
