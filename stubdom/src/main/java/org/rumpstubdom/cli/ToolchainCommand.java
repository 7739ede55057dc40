// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.rumpstubdom.build.Checkout;
import org.rumpstubdom.build.EmulatorBuild;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code stubdom toolchain}. */
@Command(
    name = "toolchain",
    description = {
      "Write a C compiler for programs that `stubdom run` starts.",
      "",
      "It is this machine's gcc with the C library that the emulator is built with, musl. What it"
          + " links is static, and runs on Linux, too. `scripts/stubdom cc` is such a compiler that"
          + " needs no directory of its own.",
    },
    footerHeading = "%nExample:%n",
    footer = "./configure CC=\"$$(stubdom toolchain /opt/rump-cc)\"")
public final class ToolchainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Parameters(
      paramLabel = "DIR",
      description =
          "Where it goes: a directory that is missing or empty. The compiler works as long as it"
              + " stays there.")
  private Path directory;

  @Override
  public Integer call() throws IOException {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw StubdomException.input(directory.toString(), "is no directory", "name another place");
    }
    if (Files.isDirectory(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        if (files.findAny().isPresent()) {
          throw StubdomException.input(
              directory.toString(), "is not empty", "name another place, or remove it");
        }
      }
    }
    CacheDirectory cache = CacheDirectory.ofUser();
    EmulatorBuild.Options options =
        new EmulatorBuild.Options(
            Checkout.locate(),
            EmulatorBuild.DEFAULT_SUITE,
            cache,
            null,
            false,
            Runtime.getRuntime().availableProcessors(),
            null,
            HostTools.ofMachine());
    Path compiler = new EmulatorBuild(options, common.progress()).installToolchain(directory);
    PrintWriter out = spec.commandLine().getOut();
    out.println(compiler);
    out.flush();
    return ExitCode.OK.status();
  }
}
