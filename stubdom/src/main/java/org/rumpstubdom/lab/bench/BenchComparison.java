// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.rumpstubdom.lab.bench.Figure.Sample;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/** A result held against an earlier one. Figures that only one of them has do not count. */
public final class BenchComparison {
  /** What a figure may be worse by before it counts: more than two runs of the same differ by. */
  static final double TOLERANCE = 0.03;

  /** What the division of two numbers may be off by. */
  private static final double ROUNDING = 1e-9;

  private static final Set<String> XEN_ALONE = Set.of(BenchResult.XEN_PORT, BenchResult.XEN_MEMORY);

  private final List<Change> changes = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();
  private final List<String> others = new ArrayList<>();

  /**
   * A figure that both results have. It counts as changed when its mean and its median have: one
   * event of the host that falls among few samples moves the mean alone.
   *
   * @param figure its key
   * @param model where it was measured
   * @param before the earlier samples
   * @param after the new ones
   */
  record Change(String figure, DeviceModel model, Sample before, Sample after) {
    /** How much larger a value has become, as a fraction; infinite when it was nothing. */
    private static double growth(double before, double after) {
      if (before == after) {
        return 0;
      }
      return before == 0 ? Double.POSITIVE_INFINITY : after / before - 1;
    }

    private double mean() {
      return growth(before.mean(), after.mean());
    }

    private double median() {
      return growth(before.median(), after.median());
    }

    boolean worse() {
      // What Xen alone takes differs by a tenth between its own boots; nothing of ours moves it.
      return !XEN_ALONE.contains(figure) && Math.min(mean(), median()) > TOLERANCE + ROUNDING;
    }

    boolean better() {
      return Math.max(mean(), median()) < -TOLERANCE - ROUNDING;
    }

    private String line() {
      return String.format(
          Locale.ROOT,
          "%s (%s): %s, was %s (%+.1f %%)",
          figure,
          model,
          number(after.mean()),
          number(before.mean()),
          100 * mean());
    }

    private static String number(double value) {
      return value >= 1000
          ? String.format(Locale.ROOT, "%.0f", value)
          : String.format(Locale.ROOT, "%.3f", value);
    }
  }

  /**
   * Compares.
   *
   * @throws StubdomException (3) when the two were not measured alike
   */
  public BenchComparison(BenchResult before, BenchResult after) {
    if (before.counter() != after.counter()) {
      throw StubdomException.input(
          "the results",
          "are of different time-stamp counters: " + before.counter() + ", " + after.counter(),
          "compare with one of the same --counter");
    }
    before
        .versions()
        .forEach(
            (name, version) -> {
              String now = after.versions().getOrDefault(name, version);
              if (!now.equals(version)) {
                others.add("%s: %s, was %s".formatted(name, now, version));
              }
            });
    Set<String> groups = after.figures().stream().map(Figure::group).collect(Collectors.toSet());
    for (Figure old : before.figures()) {
      Figure now = after.figure(old.key()).orElse(null);
      old.values()
          .forEach(
              (model, sample) -> {
                if (now != null && now.values().containsKey(model)) {
                  changes.add(new Change(old.key(), model, sample, now.values().get(model)));
                } else if (groups.contains(old.group()) && after.models().contains(model)) {
                  missing.add(old.key() + " (" + model + ")");
                }
              });
    }
  }

  /**
   * Whether no figure is worse by more than the tolerance, and none of a measured group missing.
   */
  public boolean passed() {
    return missing.isEmpty() && changes.stream().noneMatch(Change::worse);
  }

  /**
   * What changed by more than the tolerance, and how many figures did not; before that, what both
   * were not measured with alike, to which a change may be due.
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    others.forEach(other -> text.append("other   ").append(other).append('\n'));
    changes.stream()
        .filter(Change::worse)
        .forEach(change -> text.append("worse   ").append(change.line()).append('\n'));
    missing.forEach(figure -> text.append("missing ").append(figure).append('\n'));
    changes.stream()
        .filter(Change::better)
        .forEach(change -> text.append("better  ").append(change.line()).append('\n'));
    long same = changes.stream().filter(change -> !change.worse() && !change.better()).count();
    return text.append(
            "%d figures within %.0f %%, %d worse, %d better, %d missing%n"
                .formatted(
                    same,
                    100 * TOLERANCE,
                    changes.stream().filter(Change::worse).count(),
                    changes.stream().filter(Change::better).count(),
                    missing.size()))
        .toString();
  }
}
