// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.rumpstubdom.build.Checkout;
import org.rumpstubdom.build.ImageBuild;
import org.rumpstubdom.build.KernelBuild;
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
import org.rumpstubdom.lab.bench.ProfileDocument;
import org.rumpstubdom.lab.bench.ProfileJson;
import org.rumpstubdom.lab.bench.ProfileResult;
import org.rumpstubdom.lab.bench.ProfileTable;
import org.rumpstubdom.lab.bench.Profiler;
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
      names = "--profile",
      description = {
        "Say whose instructions an operation takes, counted by a plugin of the emulator between"
            + " marks of the guest: Xen's, each room's of our kernel, QEMU's, dom0's and so on. The"
            + " result, its file and the parts of documents are then profiles; not of scale and"
            + " memory."
      })
  private boolean profile;

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
      description =
          "Measure nothing; take an earlier run's result. May be repeated for profiles of other"
              + " device models.")
  private List<Path> from = List.of();

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
    return (profile ? profiles() : figures()).status();
  }

  private ExitCode figures() throws IOException {
    BenchResult earlier = against == null ? null : BenchJson.read(against);
    BenchRun.Outcome outcome =
        from.isEmpty()
            ? measure(stubdomImage(), null)
            : new BenchRun.Outcome(BenchJson.read(from.get(0)), List.of(), List.of());
    BenchResult result = outcome.result();
    print(new BenchTable(result).text());
    if (out != null) {
      AtomicFiles.write(out, BenchJson.text(result));
    }
    for (Path document : documents) {
      new BenchDocument(result).renew(document);
    }
    boolean passed = true;
    if (earlier != null) {
      BenchComparison comparison = new BenchComparison(earlier, result);
      print("\n" + comparison.text());
      passed = comparison.passed();
    }
    ExitCode ended = end(outcome.failures());
    return passed ? ended : ExitCode.TEST;
  }

  private ExitCode profiles() throws IOException {
    List<String> failures = List.of();
    ProfileResult result;
    if (from.isEmpty()) {
      ImageDirectory own = stubdomImage();
      try (Profiler profiler = profiler(own)) {
        BenchRun.Outcome outcome = measure(own, profiler);
        result = outcome.profileResult();
        failures = outcome.failures();
      }
    } else {
      List<ProfileResult> results = new ArrayList<>();
      for (Path file : from) {
        results.add(ProfileJson.read(file));
      }
      result = ProfileResult.join(results);
    }
    print(ProfileTable.text(result));
    if (out != null) {
      AtomicFiles.write(out, ProfileJson.text(result));
    }
    for (Path document : documents) {
      new ProfileDocument(result).renew(document);
    }
    return end(failures);
  }

  /** At once: whatever becomes of the files, the result is not lost. */
  private void print(String text) {
    PrintWriter output = spec.commandLine().getOut();
    output.print(text);
    output.flush();
  }

  private ExitCode end(List<String> failures) {
    PrintWriter err = spec.commandLine().getErr();
    failures.forEach(failure -> err.println("stubdom: " + failure));
    err.flush();
    return failures.isEmpty() ? ExitCode.OK : ExitCode.TEST;
  }

  /** What cannot be done is refused before anything is built or boots. */
  private void requireOptions() throws IOException {
    if (new HashSet<>(deviceModels).size() < deviceModels.size()) {
      throw StubdomException.usage("--device-model", "names one twice", "name each once");
    }
    if (from.size() > 1 && !profile) {
      throw StubdomException.usage("--from", "is repeated", "give one, or --profile, too");
    }
    if (!from.isEmpty() && (!groups.isEmpty() || brief || image != null || logs != null)) {
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
      if (profile) {
        ProfileDocument.require(document);
      } else {
        BenchDocument.require(document);
      }
    }
    if (profile && against != null) {
      throw StubdomException.usage("--profile", "is not compared", "leave out --against");
    }
    for (BenchGuest guest : profile ? guests() : List.<BenchGuest>of()) {
      if (!guest.isSingle()) {
        throw StubdomException.usage(
            guest.group(), "has no profile: it is of many guests", "leave it out");
      }
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
        ? Arrays.stream(BenchGuest.values()).filter(guest -> !profile || guest.isSingle()).toList()
        : groups.stream().map(BenchGuest::of).distinct().sorted().toList();
  }

  private BenchRun.Outcome measure(ImageDirectory own, Profiler profiler) throws IOException {
    List<BenchGuest> guests = guests();
    Progress progress = common.progress();
    GuestBuild build = new GuestBuild(Checkout.locate(), CacheDirectory.ofUser(), progress);
    BenchPlan plan = new BenchPlan(guests, deviceModels, counter, own, build.run(guests));
    return new BenchRun(plan, logs, profiler, progress).run();
  }

  private Profiler profiler(ImageDirectory own) throws IOException {
    Progress progress = common.progress();
    if (own == null) {
      return Profiler.create(progress);
    }
    Path kernel = ImageBuild.standardKernel(CacheDirectory.ofUser(), progress);
    return Profiler.create(kernel, KernelBuild.map(kernel), own.kernel(), progress);
  }

  private ImageDirectory stubdomImage() throws IOException {
    if (!deviceModels.contains(DeviceModel.STUBDOM)) {
      return null;
    }
    return image == null
        ? ImageBuild.standard(CacheDirectory.ofUser(), common.progress())
        : ImageDirectory.open(image);
  }
}
