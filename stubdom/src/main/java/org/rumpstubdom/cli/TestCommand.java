// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.rumpstubdom.build.Checkout;
import org.rumpstubdom.build.ImageBuild;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.lab.guest.GuestSeries;
import org.rumpstubdom.lab.guest.JunitReport;
import org.rumpstubdom.lab.guest.TestReport;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.host.LabPci;
import org.rumpstubdom.lab.host.LabShell;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Directories;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.Checker;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;
import org.rumpstubdom.xl.PciDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code stubdom test}. */
@Command(
    name = "test",
    description = {
      "Run xl guests on a real Xen under emulation.",
      "Each guest passes when its serial output has the pattern of --until, or without one when it"
          + " powers off. The exit code is 0 when all pass, 5 when one fails, 6 when time ran out."
    })
public final class TestCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Mixin private JsonOption json;

  @Mixin private ClockOption clock;

  @Mixin private PciOptions pci;

  @Option(
      names = "--suite",
      paramLabel = "NAME",
      split = ",",
      description =
          "Debian release of the host's Xen and dom0 (default: ${DEFAULT-VALUE}). Several, with"
              + " commas between them: each guest runs on each, and a table compares them.",
      defaultValue = LabRoot.DEFAULT_SUITE)
  private List<String> suites;

  @Parameters(
      paramLabel = "GUEST.cfg",
      arity = "0..*",
      description = "Ordinary xl configurations; several run in one boot of the host.")
  private List<Path> guests = List.of();

  @Option(
      names = "--device-model",
      paramLabel = "WHO",
      split = ",",
      description =
          "Ours, QEMU in dom0, or a Linux stub domain: ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}). Several, with commas between them: each guest runs on each, and"
              + " a table compares them.",
      defaultValue = "stubdom")
  private List<DeviceModel> deviceModels;

  @Option(
      names = "--image",
      paramLabel = "DIR",
      description =
          "The image directory to test (default: this source tree's, built when needed; without a"
              + " source tree "
              + ImageDirectory.INSTALLED
              + ").")
  private Path image;

  @Option(
      names = "--until",
      paramLabel = "[NAME=]REGEX",
      description =
          "Success when the guest's serial output has this, within 4096 characters; else its clean"
              + " power-off. With the name of a guest before it, for that guest only, whatever is"
              + " said for all. May be repeated.")
  private List<Pattern> untils = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description =
          "Give up after this much time of the emulated host's clock, or ten times as much of the"
              + " wall's (default: ${DEFAULT-VALUE}).",
      defaultValue = "300")
  private int timeout;

  @Option(
      names = "--serial-log",
      paramLabel = "FILE",
      description = "Write the guest's serial output to FILE.")
  private Path serialLog;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description =
          "Write times, sizes, versions and results to FILE as JSON; when its name ends in .xml,"
              + " the results as JUnit's runners write them, for continuous integration. May be"
              + " repeated.")
  private List<Path> reports = List.of();

  @Option(
      names = "--keep-changes",
      description = "Let the guests write to their disk files, which otherwise stay untouched.")
  private boolean keepChanges;

  @Option(
      names = "--strict",
      description =
          "Refuse a guest whose configuration `stubdom config` would warn about, on any of the"
              + " device models.")
  private boolean strict;

  @Option(
      names = "--logs",
      paramLabel = "DIR",
      description =
          "Keep every log, in a directory of DIR for each guest, and the guest's screen as"
              + " screen.ppm; on a stub domain only with vnc = 1 in its configuration.")
  private Path logs;

  @Option(
      names = "--screenshot",
      paramLabel = "FILE.png",
      description =
          "Write what the guest's screen shows when the verdict falls to FILE.png; on a stub domain"
              + " with vnc = 1, which is the default then. A guest that has ended shows nothing.")
  private Path screenshot;

  @Option(
      names = "--screenshot-every",
      paramLabel = "SECONDS",
      description =
          "With --screenshot: also every so many seconds of the emulated host's clock, to"
              + " FILE-0001.png and so on; FILE.png is the last one.")
  private Integer screenshotEvery;

  @Option(
      names = "--shell",
      description =
          "Open a root shell in dom0: before a guest is taken down, or with no guest at once.")
  private boolean shell;

  @Override
  public Integer call() throws IOException {
    if (guests.isEmpty() && !shell) {
      throw StubdomException.usage("GUEST.cfg", "none given", "name a guest, or use --shell");
    }
    if (guests.size() * deviceModels.size() * suites.size() > 1) {
      for (String single : List.of("--serial-log", "--screenshot")) {
        if (!originals(single).isEmpty()) {
          throw StubdomException.usage(
              single, "is for one guest on one device model and host", "use --logs=DIR");
        }
      }
    }
    requirePictures();
    requireList("--device-model", deviceModels);
    requireList("--suite", suites);
    suites.forEach(LabRoot::requireName);
    if (guests.isEmpty() && suites.size() > 1) {
      throw StubdomException.usage("--suite", "names several for one shell", "name one");
    }
    if (timeout <= 0) {
      throw StubdomException.usage("--timeout", "must be positive", "give a number of seconds");
    }
    requireOutputs();
    List<GuestPlan> plans = plans();
    if (plans.isEmpty()) {
      LabOptions options = options(suites.get(0));
      try (Lab lab = Lab.open(options, common.progress())) {
        new LabShell(lab).run();
        return ExitCode.OK.status();
      }
    }
    List<GuestSeries.Outcome> outcomes = new ArrayList<>();
    try {
      for (String suite : suites) {
        outcomes.add(run(suite, plans));
      }
    } catch (IOException | StubdomException e) {
      // What the hosts before this one gave is not lost with it.
      if (!outcomes.isEmpty()) {
        publish(outcomes, plans);
      }
      throw e;
    }
    publish(outcomes, plans);
    return exitCode(results(outcomes)).status();
  }

  private LabOptions options(String suite) {
    return LabOptions.of(clock.clock(), suite).withPci(pci.pci());
  }

  /** Runs all guests on a host of that release. */
  private GuestSeries.Outcome run(String suite, List<GuestPlan> plans) throws IOException {
    Path kept = logs == null || suites.size() == 1 ? logs : logs.resolve(suite);
    return new GuestSeries(options(suite), plans, kept, common.progress()).run(lab -> visit(lab));
  }

  /** Tells what came of it, in every form that was asked for. */
  private void publish(List<GuestSeries.Outcome> outcomes, List<GuestPlan> plans)
      throws IOException {
    ImageDirectory tested =
        plans.stream().map(GuestPlan::image).filter(Objects::nonNull).findFirst().orElse(null);
    String text =
        TestReport.text(outcomes.stream().map(GuestSeries.Outcome::report).toList(), tested);
    List<GuestResult> results = results(outcomes);
    // Printed first: whatever becomes of the files, the results are not lost.
    print(results, text);
    if (serialLog != null) {
      AtomicFiles.write(serialLog, results.get(0).serial().raw());
    }
    for (Path report : reports) {
      boolean junit = report.toString().endsWith(".xml");
      AtomicFiles.write(report, junit ? JunitReport.xml(results) : text + "\n");
    }
  }

  private static List<GuestResult> results(List<GuestSeries.Outcome> outcomes) {
    return outcomes.stream().flatMap(outcome -> outcome.results().stream()).toList();
  }

  /** Refuses a list with an empty name at one of its ends, and one with the same name twice. */
  private void requireList(String option, List<?> values) {
    for (String words : originals(option)) {
      if (words.startsWith(",") || words.endsWith(",")) {
        throw StubdomException.usage(
            option + "=" + words, "a name is missing beside a comma", "remove the comma");
      }
    }
    if (new HashSet<>(values).size() < values.size()) {
      throw StubdomException.usage(option, "names one twice", "name each once");
    }
  }

  /** An option's values as they stand on the command line. */
  private List<String> originals(String option) {
    ParseResult parsed = spec.commandLine().getParseResult();
    return parsed.hasMatchedOption(option)
        ? parsed.matchedOption(option).originalStringValues()
        : List.of();
  }

  private void requirePictures() {
    if (screenshotEvery != null && screenshot == null) {
      throw StubdomException.usage(
          "--screenshot-every", "says how often, not where to", "add --screenshot=FILE.png");
    }
    if (screenshotEvery != null && screenshotEvery <= 0) {
      throw StubdomException.usage(
          "--screenshot-every", "must be positive", "give a number of seconds");
    }
    if (screenshot != null && !screenshot.toString().endsWith(".png")) {
      throw StubdomException.usage(
          "--screenshot=" + screenshot, "pictures are PNG files", "let the name end in .png");
    }
    if (screenshot != null && deviceModels.contains(DeviceModel.LINUX)) {
      throw StubdomException.usage(
          "--screenshot", "a Linux stub domain shows no screen", "leave it out");
    }
  }

  /** A stub domain has a screen only for VNC. */
  private void requireScreen(GuestConfiguration guest, DeviceModel model) {
    if (screenshot != null && model == DeviceModel.STUBDOM && !guest.flag("vnc", true)) {
      throw StubdomException.input(
          guest.file().toString(),
          "vnc = 0 leaves a stub domain without a screen for --screenshot",
          "remove that line");
    }
  }

  /** What cannot be written is refused before the guests run, not after. */
  private void requireOutputs() throws IOException {
    if (serialLog != null) {
      AtomicFiles.require(serialLog);
    }
    for (Path report : reports) {
      AtomicFiles.require(report);
    }
    if (screenshot != null) {
      AtomicFiles.require(screenshot);
    }
    if (logs != null) {
      Directories.requirePossible(logs);
    }
  }

  private void visit(Lab lab) throws IOException {
    if (shell) {
      new LabShell(lab).run();
    }
  }

  /** Everything that can be refused is refused here, before anything is built or boots. */
  private List<GuestPlan> plans() throws IOException {
    List<GuestConfiguration> checked = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Path file : guests) {
      GuestConfiguration guest = GuestConfiguration.load(file);
      for (DeviceModel model : deviceModels) {
        Checker.require(guest, model, strict, null);
        requireScreen(guest, model);
      }
      requireDevices(guest);
      if (!names.add(guest.name())) {
        throw StubdomException.input(
            file.toString(), "another guest is called " + guest.name(), "rename one of them");
      }
      checked.add(guest);
    }
    Untils until = new Untils(untils, names);
    ImageDirectory ours = checked.isEmpty() ? null : stubdomImage();
    if (ours != null) {
      for (GuestConfiguration guest : checked) {
        Checker.require(guest, DeviceModel.STUBDOM, strict, ours.qemu().orElse(null));
      }
    }
    List<GuestPlan> plans = new ArrayList<>();
    GuestPlan.Pictures pictures =
        screenshot == null
            ? null
            : new GuestPlan.Pictures(screenshot, screenshotEvery == null ? 0 : screenshotEvery);
    for (GuestConfiguration guest : checked) {
      for (DeviceModel model : deviceModels) {
        plans.add(
            new GuestPlan(
                    guest,
                    model,
                    model == DeviceModel.STUBDOM ? ours : null,
                    until.of(guest.name()),
                    Duration.ofSeconds(timeout),
                    keepChanges,
                    List.of())
                .with(pictures));
      }
    }
    return plans;
  }

  /** The emulated host's PCI devices are not this machine's. */
  private void requireDevices(GuestConfiguration guest) {
    LabPci host = pci.pci();
    for (PciDevice device : guest.pciDevices()) {
      String address = device.address().replace("*", "0");
      if (!host.addresses().contains(address)) {
        List<LabPci.Device> known = LabPci.at(LabPci.Iommu.INTEL, Set.of(address)).devices();
        throw StubdomException.input(
            guest.file() + ":" + device.line(),
            "the emulated host has no PCI device '"
                + (address.isEmpty() ? device.name() : address)
                + "'",
            known.isEmpty()
                ? "use the address of one of its own: " + LabPci.catalogue()
                : "give it one with --pci="
                    + known.get(0)
                    + ("," + known.get(0)).repeat(known.size() - 1));
      }
    }
  }

  private ImageDirectory stubdomImage() throws IOException {
    if (!deviceModels.contains(DeviceModel.STUBDOM)) {
      return null;
    }
    Path installed = Path.of(ImageDirectory.INSTALLED);
    if (image == null && !Checkout.present() && Files.exists(installed)) {
      return ImageDirectory.open(installed);
    }
    return image == null
        ? ImageBuild.standard(CacheDirectory.ofUser(), common.progress())
        : ImageDirectory.open(image);
  }

  private void print(List<GuestResult> results, String text) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.json()) {
      out.println(text);
    } else {
      results.forEach(result -> out.println(line(result)));
      if (deviceModels.size() * suites.size() > 1) {
        out.println();
        out.print(ComparisonTable.of(results));
      }
    }
    out.flush();
    PrintWriter err = spec.commandLine().getErr();
    for (GuestResult result : results) {
      if (result.status() == Status.FAIL && !result.deviceModelLog().isEmpty()) {
        err.println("stubdom: the device model of " + label(result) + " said last:");
        result.deviceModelLog().forEach(line -> err.println("  | " + line));
      }
    }
    err.flush();
  }

  /** The guest, and its device model and host where those are in question. */
  private String label(GuestResult result) {
    List<String> words = new ArrayList<>();
    if (deviceModels.size() > 1) {
      words.add(result.model().toString());
    }
    if (suites.size() > 1) {
      words.add("on " + result.suite());
    }
    return words.isEmpty() ? result.name() : result.name() + " (" + String.join(" ", words) + ")";
  }

  private String line(GuestResult result) {
    StringBuilder line = new StringBuilder();
    line.append(result.status().name().toLowerCase(Locale.ROOT)).append(' ');
    line.append(label(result)).append(": ").append(result.reason());
    for (Phase phase : Phase.values()) {
      GuestResult.Span span = result.phases().get(phase);
      if (span != null) {
        line.append("; %s %.2f s".formatted(phase.words(), span.virtualSeconds()));
      }
    }
    return line.toString();
  }

  private static ExitCode exitCode(List<GuestResult> results) {
    boolean timedOut = false;
    for (GuestResult result : results) {
      if (result.status() != Status.PASS && !result.timedOut()) {
        return ExitCode.TEST;
      }
      timedOut |= result.timedOut();
    }
    return timedOut ? ExitCode.TIMEOUT : ExitCode.OK;
  }
}
