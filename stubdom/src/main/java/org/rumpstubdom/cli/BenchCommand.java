// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.rumpstubdom.build.Checkout;
import org.rumpstubdom.build.ImageBuild;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.lab.bench.BenchComparison;
import org.rumpstubdom.lab.bench.BenchDocument;
import org.rumpstubdom.lab.bench.BenchGuest;
import org.rumpstubdom.lab.bench.BenchJson;
import org.rumpstubdom.lab.bench.BenchPlan;
import org.rumpstubdom.lab.bench.BenchResult;
import org.rumpstubdom.lab.bench.BenchRun;
import org.rumpstubdom.lab.bench.BenchTable;
import org.rumpstubdom.lab.bench.GuestBuild;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Directories;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code stubdom bench}. */
@Command(
    name = "bench",
    description = {
      "Measure device models beside each other on a real Xen under emulation.",
      "Guests of tests/guests time what they do, in instructions of the whole host. The exit code is"
          + " 0 when all of them came to their end, and with --against when no figure has become"
          + " more than 3 %% worse; otherwise 5."
    })
public final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Parameters(
      paramLabel = "GROUP",
      arity = "0..*",
      description = "What to measure, such as io or ahci (default: everything).")
  private List<String> groups = List.of();

  @Option(
      names = "--device-model",
      paramLabel = "WHO",
      split = ",",
      description =
          "Ours, QEMU in dom0, a Linux stub domain: ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}).",
      defaultValue = "stubdom,dom0,linux")
  private List<DeviceModel> deviceModels;

  @Option(
      names = "--image",
      paramLabel = "DIR",
      description = "The image directory to measure (default: this source tree's).")
  private Path image;

  @Option(
      names = "--short",
      description = "Only the groups that a change is checked with, in a minute or two.")
  private boolean brief;

  @Option(
      names = "--counter",
      paramLabel = "HOW",
      description =
          "How stub domains read the time-stamp counter: ${COMPLETION-CANDIDATES}. The emulated"
              + " processor's has no invariant one, so Xen would trap each read (default:"
              + " ${DEFAULT-VALUE}).",
      defaultValue = "native")
  private BenchResult.Counter counter;

  @Option(
      names = "--from",
      paramLabel = "FILE.json",
      description = "Measure nothing; take an earlier run's result.")
  private Path from;

  @Option(names = "--out", paramLabel = "FILE.json", description = "Write the result to FILE.json.")
  private Path out;

  @Option(
      names = "--document",
      paramLabel = "FILE.md",
      description =
          "Renew the parts of FILE.md that come from a result, and its charts; may be repeated.")
  private List<Path> documents = List.of();

  @Option(
      names = "--against",
      paramLabel = "FILE.json",
      description = "Compare with an earlier run's result.")
  private Path against;

  @Option(
      names = "--logs",
      paramLabel = "DIR",
      description = "Keep every log, in a directory of DIR for each guest and device model.")
  private Path logs;

  @Override
  public Integer call() throws IOException {
    requireOptions();
    BenchResult earlier = against == null ? null : BenchJson.read(against);
    BenchRun.Outcome outcome =
        from == null ? measure() : new BenchRun.Outcome(BenchJson.read(from), List.of());
    BenchResult result = outcome.result();
    PrintWriter text = spec.commandLine().getOut();
    // Printed first: whatever becomes of the files, the result is not lost.
    text.print(new BenchTable(result).text());
    text.flush();
    if (out != null) {
      AtomicFiles.write(out, BenchJson.text(result));
    }
    for (Path document : documents) {
      new BenchDocument(result).renew(document);
    }
    boolean passed = outcome.failures().isEmpty();
    if (earlier != null) {
      BenchComparison comparison = new BenchComparison(earlier, result);
      text.println();
      text.print(comparison.text());
      passed &= comparison.passed();
    }
    text.flush();
    PrintWriter err = spec.commandLine().getErr();
    outcome.failures().forEach(failure -> err.println("stubdom: " + failure));
    err.flush();
    return (passed ? ExitCode.OK : ExitCode.TEST).status();
  }

  /** What cannot be done is refused before anything is built or boots. */
  private void requireOptions() throws IOException {
    if (new HashSet<>(deviceModels).size() < deviceModels.size()) {
      throw StubdomException.usage("--device-model", "names one twice", "name each once");
    }
    if (from != null && (!groups.isEmpty() || brief || image != null || logs != null)) {
      throw StubdomException.usage(
          "--from", "takes a result as it is", "leave out what chooses a measurement");
    }
    if (brief && !groups.isEmpty()) {
      throw StubdomException.usage(
          "--short", "is a choice of groups itself", "name groups, or not");
    }
    if (out != null) {
      AtomicFiles.require(out);
    }
    for (Path document : documents) {
      BenchDocument.require(document);
    }
    if (logs != null) {
      Directories.requirePossible(logs);
    }
  }

  private List<BenchGuest> guests() {
    if (brief) {
      return BenchGuest.brief();
    }
    return groups.isEmpty()
        ? List.of(BenchGuest.values())
        : groups.stream().map(BenchGuest::of).distinct().sorted().toList();
  }

  private BenchRun.Outcome measure() throws IOException {
    List<BenchGuest> guests = guests();
    CacheDirectory cache = CacheDirectory.ofUser();
    Progress progress = common.progress();
    Path directory = new GuestBuild(Checkout.locate(), cache, progress).run(guests);
    BenchPlan plan =
        new BenchPlan(guests, deviceModels, counter, stubdomImage(cache, progress), directory);
    return new BenchRun(plan, logs, progress).run();
  }

  private ImageDirectory stubdomImage(CacheDirectory cache, Progress progress) throws IOException {
    if (!deviceModels.contains(DeviceModel.STUBDOM)) {
      return null;
    }
    return image == null ? ImageBuild.standard(cache, progress) : ImageDirectory.open(image);
  }
}
