// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.rumpstubdom.lab.guest.PvRun;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabShell;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code stubdom lab}: the emulated Xen host itself, for work on kernels and toolstacks. */
@Command(
    name = "lab",
    description = "The emulated Xen host by itself.",
    synopsisSubcommandLabel = "(prepare|shell|run-pv)")
public final class LabCommand {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  /** Builds what the host boots from, and its saved state. */
  @Command(name = "prepare", description = "Build the host and its saved state, if not there yet.")
  int prepare(@Mixin CommonOptions common, @Mixin HostOptions host) throws IOException {
    try (Lab lab = Lab.open(host.options(), common.progress())) {
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          "host in %s, ready after %.1f s%n", lab.root().directory(), lab.boot().wallSeconds());
      out.flush();
    }
    return ExitCode.OK.status();
  }

  /** Opens a shell in dom0. */
  @Command(name = "shell", description = "Open a root shell in the host's dom0.")
  int shell(@Mixin CommonOptions common, @Mixin HostOptions host) throws IOException {
    try (Lab lab = Lab.open(host.options(), common.progress())) {
      new LabShell(lab).run();
      return ExitCode.OK.status();
    }
  }

  /** Runs a PV kernel. */
  @Command(
      name = "run-pv",
      description = {
        "Run a PV kernel under xl and print its console.",
        "Exit status: 0 when the pattern came (or, without one, the domain powered off), 5 when the"
            + " domain ended otherwise, 6 when time ran out."
      })
  int runPv(
      @Mixin CommonOptions common,
      @Mixin HostOptions host,
      @Option(names = "--kernel", required = true, paramLabel = "FILE", description = "The kernel.")
          Path kernel,
      @Option(names = "--ramdisk", paramLabel = "FILE", description = "Its ramdisk.") Path ramdisk,
      @Option(
              names = "--memory",
              paramLabel = "MIB",
              description = "Its memory (default: ${DEFAULT-VALUE}).",
              defaultValue = "32")
          int memory,
      @Option(
              names = "--cmdline",
              paramLabel = "TEXT",
              description = "Its command line.",
              defaultValue = "")
          String commandLine,
      @Option(
              names = "--until",
              paramLabel = "REGEX",
              description = "Success when the console's output has this, within 4096 characters.")
          Pattern until,
      @Option(
              names = "--timeout",
              paramLabel = "SECONDS",
              description = "Give up after this long (default: ${DEFAULT-VALUE}).",
              defaultValue = "60")
          int timeout,
      @Option(
              names = "--config",
              paramLabel = "LINE",
              description = "A further line for the xl configuration; may be repeated.")
          java.util.List<String> config)
      throws IOException {
    if (memory < 1) {
      throw StubdomException.usage(
          "--memory=" + memory, "must be at least 1", "leave it out for 32");
    }
    if (timeout < 1) {
      throw StubdomException.usage(
          "--timeout=" + timeout, "must be at least 1", "leave it out for 60");
    }
    for (Path file : ramdisk == null ? new Path[] {kernel} : new Path[] {kernel, ramdisk}) {
      if (!Files.isRegularFile(file)) {
        throw StubdomException.input(
            file.toString(), Files.exists(file) ? "is not a file" : "no such file", "");
      }
      if (!Files.isReadable(file)) {
        throw new AccessDeniedException(file.toString());
      }
    }
    String extra = config == null ? "" : String.join("\n", config);
    PvRun.Plan plan =
        new PvRun.Plan(
            "pv", kernel, ramdisk, commandLine, memory, until, Duration.ofSeconds(timeout), extra);
    PvRun.Result result;
    String hypervisor;
    try (Lab lab = Lab.open(host.options().withGuestMemory(memory), common.progress())) {
      result = new PvRun(lab, plan).run();
      hypervisor = lab.domainMessages();
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(result.console());
    out.flush();
    PrintWriter err = spec.commandLine().getErr();
    err.print(result.create());
    err.print(hypervisor);
    boolean passed =
        result.ending() == PvRun.Ending.MATCHED
            || (until == null && result.shutdown().equals("poweroff"));
    err.println(
        "stubdom: "
            + result.ending().name().toLowerCase(java.util.Locale.ROOT)
            + (result.shutdown().isEmpty() ? "" : " (" + result.shutdown() + ")"));
    err.flush();
    if (passed) {
      return ExitCode.OK.status();
    }
    return (result.ending() == PvRun.Ending.TIMEOUT ? ExitCode.TIMEOUT : ExitCode.TEST).status();
  }
}
