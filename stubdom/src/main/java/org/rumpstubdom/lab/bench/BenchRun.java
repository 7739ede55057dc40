// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rumpstubdom.lab.bench.Figure.Sample;
import org.rumpstubdom.lab.bench.Figure.Unit;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestSeries;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabPlugin;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.Interrupts;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/** Runs the guests that measure, in one boot of the host with the counted clock. */
public final class BenchRun {
  /** The group of what a start costs. */
  static final String START = "start";

  private static final Map<Phase, String> TIMES =
      new EnumMap<>(
          Map.of(
              Phase.CREATE, "create",
              Phase.DEVICE_MODEL, "device-model-up",
              Phase.FIRST_SERIAL_BYTE, "first-output"));

  private final BenchPlan plan;
  private final Path logs;
  private final Profiler profiler;
  private final Progress progress;
  private final Map<String, Figure> figures = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  /** Prepares a run without profiles. */
  public BenchRun(BenchPlan plan, Path logs, Progress progress) {
    this(plan, logs, null, progress);
  }

  /**
   * Prepares a run.
   *
   * @param logs receives a directory of logs for each guest and device model; null to keep none
   * @param profiler counts whose instructions an operation takes; null for no profiles
   */
  public BenchRun(BenchPlan plan, Path logs, Profiler profiler, Progress progress) {
    this.plan = plan;
    this.logs = logs;
    this.profiler = profiler;
    this.progress = progress;
  }

  /**
   * What came of it.
   *
   * @param result the figures of the guests that came to their end
   * @param profiles of the same figures; none without a profiler
   * @param failures those that did not, one line each
   */
  public record Outcome(BenchResult result, List<Profile> profiles, List<String> failures) {
    /** The profiles by themselves. */
    public ProfileResult profileResult() {
      return new ProfileResult(result.counter(), result.versions(), profiles);
    }
  }

  /** Runs all. A guest that fails leaves its figures out, and the others go on. */
  public Outcome run() throws IOException {
    List<BenchPlan.Measuring> runs = plan.runs();
    List<GuestPlan> plans = new ArrayList<>();
    for (BenchPlan.Measuring run : runs) {
      plans.add(profiler == null ? run.plan() : profiler.prepare(run.guest(), run.plan()));
    }
    LabPlugin plugin = profiler == null ? null : profiler.plugin();
    LabOptions options = LabOptions.of(LabClock.COUNTED);
    GuestSeries series = new GuestSeries(options, plans, logs, plugin, progress);
    GuestSeries.Outcome outcome = series.run(this::look);
    for (int i = 0; i < runs.size(); i++) {
      take(runs.get(i).guest(), outcome.results().get(i), i == 0);
    }
    if (plan.guests().contains(BenchGuest.SCALE)) {
      alone(() -> new ScaleRun(plan, progress).run());
    }
    if (plan.guests().contains(BenchGuest.MEMORY)) {
      alone(() -> new MemoryRun(plan, progress).run());
    }
    BenchResult result =
        new BenchResult(
            plan.counter(), versions(outcome.report()), new ArrayList<>(figures.values()));
    List<Profile> profiles =
        profiler == null ? List.of() : profiler.profiles(runs, outcome.results());
    return new Outcome(result, inOrder(profiles), failures);
  }

  private void look(Lab lab) throws IOException {
    if (profiler != null) {
      profiler.look(lab);
    }
  }

  /** Each figure's device models beside each other. */
  private List<Profile> inOrder(List<Profile> profiles) {
    List<String> keys = new ArrayList<>(figures.keySet());
    return profiles.stream()
        .sorted(Comparator.comparing(profile -> keys.indexOf(profile.key())))
        .toList();
  }

  /** What has a host of its own. */
  @FunctionalInterface
  private interface Separate {
    List<Figure> run() throws IOException;
  }

  /** Takes its figures; its failure leaves those of the others. */
  private void alone(Separate measuring) throws IOException {
    try {
      measuring.run().forEach(this::add);
    } catch (StubdomException e) {
      Interrupts.check("measure");
      failures.add(e.getMessage());
    }
  }

  /** Takes a guest's figures; the first one of a host does not tell what a creation costs. */
  private void take(BenchGuest guest, GuestResult result, boolean first) {
    if (result.status() != GuestResult.Status.PASS) {
      failures.add(result.name() + " (" + result.model() + "): " + result.reason());
      return;
    }
    FigureLines.of(result.serial().text(), guest.group(), result.model()).forEach(this::add);
    HostMeasure.figures(guest, result).forEach(this::add);
    if (guest == BenchGuest.STARTED && !first) {
      start(result);
    }
  }

  private void start(GuestResult result) {
    DeviceModel model = result.model();
    TIMES.forEach(
        (phase, name) -> {
          GuestResult.Span span = result.phases().get(phase);
          if (span != null) {
            add(once(name, Unit.SECONDS, model, span.virtualSeconds()));
          }
        });
    GuestResult.Domain stub = result.domains().get(result.name() + "-dm");
    if (stub != null) {
      add(once("stub-domain-memory", Unit.MEBIBYTES, model, (double) stub.memoryMib()));
    }
    long bytes = result.sizes().values().stream().mapToLong(Long::longValue).sum();
    if (bytes > 0) {
      add(once("kernel-and-ramdisk", Unit.MEBIBYTES, model, bytes / (double) (1 << 20)));
    }
  }

  private static Figure once(String name, Unit unit, DeviceModel model, double value) {
    return new Figure(START, name, unit, Map.of(model, Sample.once(value)));
  }

  /** Joins the device models' values of one figure. */
  private void add(Figure figure) {
    figures.merge(
        figure.key(),
        figure,
        (known, more) -> {
          Map<DeviceModel, Sample> values = new EnumMap<>(known.values());
          values.putAll(more.values());
          return new Figure(
              known.group(), known.name(), known.unit(), known.ports(), known.memory(), values);
        });
  }

  private static SortedMap<String, String> versions(JsonObject report) {
    SortedMap<String, String> names = new TreeMap<>();
    report
        .getAsJsonObject("versions")
        .entrySet()
        .forEach(entry -> names.put(entry.getKey(), entry.getValue().getAsString()));
    return names;
  }
}
