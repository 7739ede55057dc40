// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.rumpstubdom.build.Checkout;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.build.KernelBuild;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.image.ProgramImage;
import org.rumpstubdom.image.RamdiskManifest;
import org.rumpstubdom.lab.guest.PvProgram;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;
import org.rumpstubdom.xl.StubNetwork;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code stubdom run}. */
@Command(
    name = "run",
    description = {
      "Run a program in a Xen domain of its own, on the rump kernel.",
      "",
      "The program is one static executable, as `scripts/stubdom cc` links it. It runs as a PV domain"
          + " on the emulated host; with --out the files for a real host are written instead."
          + " Its output is printed when it has ended. Exit status: 0 when it ended with 0, 5 when"
          + " it ended otherwise, 6 when time ran out.",
    },
    footerHeading = "%nExample:%n",
    footer = "stubdom run --memory=96 --add=scripts:/scripts ./luajit /scripts/sum.lua")
public final class RunCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Mixin private RumpKernelOptions rumpKernel;

  @Parameters(index = "0", paramLabel = "PROGRAM", description = "The executable.")
  private Path program;

  @Parameters(index = "1..*", paramLabel = "ARGUMENT", description = "Its arguments.")
  private List<String> arguments = List.of();

  @Option(
      names = "--add",
      paramLabel = "FILE:PATH",
      description =
          "Add a file, or all of a directory, at that path of the domain; may be repeated.")
  private List<String> files = List.of();

  @Option(
      names = "--env",
      paramLabel = "NAME=VALUE",
      description = "A variable of its environment; may be repeated.")
  private List<String> environment = List.of();

  @Option(
      names = "--network",
      paramLabel = "ADDRESS",
      description =
          "Give the domain a network: ADDRESS/PREFIX[,ROUTER] or, with --out, dhcp. It needs"
              + " NetBSD's TCP/IP. On the emulated host dom0 is the router.")
  private String network;

  @Option(
      names = "--dom0",
      paramLabel = "COMMAND",
      description =
          "Run this in dom0's shell beside the program, print what it says, and end both with it.")
  private String command;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "The domain's memory (default: ${DEFAULT-VALUE}).",
      defaultValue = "64")
  private int memory;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "Give up after this long (default: ${DEFAULT-VALUE}).",
      defaultValue = "300")
  private int timeout;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Write kernel, ramdisk and xl configuration for a real host, and run nothing. The"
              + " configuration names the files there.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    check();
    Map<String, String> variables = variables();
    ProgramImage image = new ProgramImage(program);
    for (String file : files) {
      int colon = file.indexOf(':');
      if (colon <= 0 || !file.startsWith(":/", colon)) {
        throw StubdomException.usage(
            "--add=" + file, "names no absolute path in the domain", "write FILE:/PATH");
      }
      image.add(Path.of(file.substring(0, colon)), file.substring(colon + 1));
    }
    CacheDirectory cache = CacheDirectory.ofUser();
    KernelBuild.RumpKernel netbsd = rumpKernel.kernel(cache);
    KernelBuild build =
        new KernelBuild(
            Checkout.locate(),
            cache,
            HostTools.ofMachine(),
            Runtime.getRuntime().availableProcessors(),
            netbsd,
            common.progress());
    PvProgram.Domain domain =
        new PvProgram.Domain(
            program.getFileName().toString(),
            network == null ? null : StubNetwork.of("0," + network),
            memory);
    if (out != null) {
      return write(image, variables, build.run(), domain);
    }
    try (TemporaryDirectory work = TemporaryDirectory.create("run")) {
      Path ramdisk = work.path().resolve(ImageDirectory.RAMDISK);
      image.write(ramdisk, arguments, variables);
      return run(domain, build.run(), ramdisk);
    }
  }

  private void check() {
    rumpKernel.requireKernel();
    if (memory < 1) {
      throw StubdomException.usage(
          "--memory=" + memory, "must be at least 1", "leave it out for 64");
    }
    if (timeout < 1) {
      throw StubdomException.usage(
          "--timeout=" + timeout, "must be at least 1", "leave it out for 300");
    }
    if (out != null && command != null) {
      throw StubdomException.usage("--dom0", "is for the emulated host", "leave out --out");
    }
    for (String argument : arguments) {
      if (!RamdiskManifest.canHold(argument)) {
        throw StubdomException.usage("an argument", "cannot hold a line break", "give it without");
      }
    }
    if (network != null) {
      if (rumpKernel.isBundled()) {
        throw StubdomException.usage(
            "--network", "needs NetBSD's TCP/IP", "give --rump-kernel and --rump-components");
      }
      StubNetwork own = StubNetwork.of("0," + network);
      if (out == null && own.router().isEmpty()) {
        throw StubdomException.usage(
            "--network=" + network,
            "has no router, which dom0 is on the emulated host",
            "write ADDRESS/PREFIX,ROUTER");
      }
    }
  }

  private Map<String, String> variables() {
    Map<String, String> variables = new TreeMap<>();
    for (String variable : environment) {
      int equals = variable.indexOf('=');
      if (equals <= 0 || !RamdiskManifest.canHold(variable)) {
        throw StubdomException.usage(
            "--env=" + variable, "is no variable of one line", "write NAME=VALUE");
      }
      variables.put(variable.substring(0, equals), variable.substring(equals + 1));
    }
    return variables;
  }

  private int write(
      ProgramImage image, Map<String, String> variables, Path kernel, PvProgram.Domain domain)
      throws IOException {
    Files.createDirectories(out);
    Path place = out.toAbsolutePath().normalize();
    Files.copy(kernel, place.resolve(ImageDirectory.KERNEL), StandardCopyOption.REPLACE_EXISTING);
    image.write(place.resolve(ImageDirectory.RAMDISK), arguments, variables);
    Path file = place.resolve(domain.name() + ".cfg");
    AtomicFiles.write(
        file, domain.configuration(place.toString()).getBytes(StandardCharsets.UTF_8));
    PrintWriter stdout = spec.commandLine().getOut();
    stdout.println(file);
    stdout.flush();
    return ExitCode.OK.status();
  }

  private int run(PvProgram.Domain domain, Path kernel, Path ramdisk) throws IOException {
    PrintWriter stdout = spec.commandLine().getOut();
    PvProgram.Result result;
    LabOptions options =
        LabOptions.of(LabClock.WALL, LabRoot.DEFAULT_SUITE).withGuestMemory(memory);
    try (Lab lab = Lab.open(options, common.progress())) {
      result =
          new PvProgram(lab, domain, common.progress())
              .run(kernel, ramdisk, command, Duration.ofSeconds(timeout));
    }
    stdout.print(result.console());
    stdout.flush();
    PrintWriter err = spec.commandLine().getErr();
    if (command != null) {
      Dom0.Result said = result.command();
      stdout.print(said.output());
      stdout.flush();
      err.print(said.errors());
      err.flush();
      return (said.status() == 0 ? ExitCode.OK : ExitCode.TEST).status();
    }
    if (result.timedOut()) {
      throw StubdomException.timeout(
          program.toString(), "has not ended after " + timeout + " s", "give a longer --timeout");
    }
    return (result.succeeded() ? ExitCode.OK : ExitCode.TEST).status();
  }
}
