// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabPlugin;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.Interrupts;
import org.rumpstubdom.util.StubdomException;

/**
 * Several guests, one after the other, in one boot of the host; in a further one where a guest is
 * given a PCI device that another one had.
 */
public final class GuestSeries {
  private final LabOptions options;
  private final List<GuestPlan> plans;
  private final Path logs;
  private final LabPlugin plugin;
  private final Progress progress;

  /** As below, without a plugin. */
  public GuestSeries(LabOptions options, List<GuestPlan> plans, Path logs, Progress progress) {
    this(options, plans, logs, null, progress);
  }

  /**
   * Prepares a series.
   *
   * @param options the host; its memory is enlarged when a guest needs more
   * @param plans the guests
   * @param logs holds a directory of logs for each guest, named after it, and after the device
   *     model too when the series has several; null to keep none
   * @param plugin the emulator's; null for none
   */
  public GuestSeries(
      LabOptions options, List<GuestPlan> plans, Path logs, LabPlugin plugin, Progress progress) {
    int largest = plans.stream().mapToInt(GuestPlan::memoryMib).max().orElse(0);
    this.options = options.withGuestMemory(largest);
    this.plans = List.copyOf(plans);
    this.logs = logs;
    this.plugin = plugin;
    this.progress = progress;
  }

  /**
   * What came of it.
   *
   * @param results one for each guest, in order
   * @param report the report of this host, for {@link TestReport#text}
   */
  public record Outcome(List<GuestResult> results, JsonObject report) {}

  /** Sees the host when a guest's verdict has fallen and the guest is still there. */
  @FunctionalInterface
  public interface Visitor {
    /** Looks around. */
    void visit(Lab lab) throws IOException;
  }

  /**
   * Runs all guests. One of several that cannot be run has an error, and the next one has its turn.
   * When the emulated host ends or hangs, the guest this happened to has an error and the remaining
   * ones of that boot are skipped.
   *
   * @throws StubdomException when the host does not come up at all, when the command line is at
   *     fault, or when the only guest cannot be run
   */
  public Outcome run(Visitor visitor) throws IOException {
    List<GuestResult> results = new ArrayList<>();
    JsonObject report = new JsonObject();
    for (List<GuestPlan> boot : boots()) {
      try (Lab lab = Lab.open(options, plugin, progress)) {
        run(lab, boot, visitor, results);
        report = TestReport.of(lab, results);
        if (lab.isAlive()) {
          lab.finish();
        }
      }
    }
    return new Outcome(results, report);
  }

  /**
   * The plans of each boot: nothing resets a device, so none has a second guest in the same one.
   */
  private List<List<GuestPlan>> boots() {
    List<List<GuestPlan>> boots = new ArrayList<>();
    List<GuestPlan> boot = new ArrayList<>();
    Set<String> used = new HashSet<>();
    for (GuestPlan plan : plans) {
      Set<String> devices = plan.pciAddresses();
      if (!Collections.disjoint(used, devices)) {
        boots.add(boot);
        boot = new ArrayList<>();
        used.clear();
      }
      boot.add(plan);
      used.addAll(devices);
    }
    boots.add(boot);
    return boots;
  }

  private void run(Lab lab, List<GuestPlan> boot, Visitor visitor, List<GuestResult> results)
      throws IOException {
    boolean hangs = false;
    for (GuestPlan plan : boot) {
      if (!lab.isAlive()) {
        results.add(without(plan, Status.SKIP, "the emulated host had ended", false));
      } else if (hangs) {
        results.add(without(plan, Status.SKIP, "the emulated host hung", false));
      } else {
        GuestResult result = one(lab, plan, visitor);
        results.add(result);
        hangs = result.status() == Status.ERROR && result.timedOut();
      }
    }
  }

  private GuestResult one(Lab lab, GuestPlan plan, Visitor visitor) throws IOException {
    try {
      return new GuestRun(lab, plan, progress)
          .run(logs == null ? null : directory(plan), () -> visitor.visit(lab));
    } catch (IOException | StubdomException e) {
      // A signal ends the emulator too; then nothing is to be kept.
      Interrupts.check("run " + plan.guest().name());
      ExitCode code = e instanceof StubdomException known ? known.exitCode() : ExitCode.TEST;
      if (code == ExitCode.USAGE || code == ExitCode.INTERRUPTED) {
        throw e;
      }
      if (plans.size() == 1 && lab.isAlive()) {
        // No other guest's result is lost, and the failure has an exit code of its own.
        throw e;
      }
      return lab.isAlive() ? impossible(plan, e, code) : ended(lab, plan, e);
    }
  }

  /** A guest that could not be run, in a host that goes on. */
  private GuestResult impossible(GuestPlan plan, Exception problem, ExitCode code) {
    String why = String.valueOf(problem.getMessage());
    // Java says nothing but the name of a file it does not find.
    String reason = problem instanceof NoSuchFileException ? why + ": no such file" : why;
    return without(plan, Status.ERROR, reason, code == ExitCode.TIMEOUT);
  }

  private GuestResult without(GuestPlan plan, Status status, String reason, boolean timedOut) {
    return GuestResult.without(plan, options.suite(), status, reason, timedOut);
  }

  private GuestResult ended(Lab lab, GuestPlan plan, Exception problem) throws IOException {
    String why = lab.endReason().isEmpty() ? problem.getMessage() : lab.endReason();
    // There may be no room for the log otherwise.
    lab.dropChanges();
    Path kept = keepEmulatorLog(lab, plan);
    progress.message("the emulated host ended; its log is " + kept);
    String reason = "the emulated host ended (" + why + "); see " + kept;
    return without(plan, Status.ERROR, reason, false);
  }

  /** Where a guest's logs go. */
  private Path directory(GuestPlan plan) {
    boolean several = plans.stream().map(GuestPlan::model).distinct().count() > 1;
    String name = plan.guest().name();
    return logs.resolve(several ? name + "-" + plan.model() : name);
  }

  /** Saves what tells why the emulator ended, which would go with the host otherwise. */
  private Path keepEmulatorLog(Lab lab, GuestPlan plan) throws IOException {
    if (logs != null) {
      try {
        return keepEmulatorLog(lab, directory(plan));
      } catch (IOException e) {
        progress.message(logs + " cannot be written: " + e.getMessage());
      }
    }
    return keepEmulatorLog(lab, Files.createTempDirectory("stubdom-emulator-"));
  }

  private static Path keepEmulatorLog(Lab lab, Path directory) throws IOException {
    GuestLogs kept = new GuestLogs(directory);
    kept.text("hypervisor.log", lab.hypervisorLog());
    kept.bytes("emulator.log", Files.readAllBytes(lab.emulatorLog()));
    return directory;
  }
}
