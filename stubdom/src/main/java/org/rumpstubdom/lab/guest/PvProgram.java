// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.Literal;
import org.rumpstubdom.xl.StubNetwork;

/** Runs a program as a PV domain of the emulated host, perhaps with a command in dom0 beside it. */
public final class PvProgram {
  private static final String BRIDGE = "xenbr0";

  /** What a real dom0 has and the lab's has not. */
  private static final String PREPARE =
      """
      ip link show xenbr0 >/dev/null 2>&1 || ip link add xenbr0 type bridge
      ip link set xenbr0 up
      for address; do
        ip address replace "$address" dev xenbr0
      done
      """;

  /** Waits until the domain is there, so that the command finds it. */
  private static final String COMMAND =
      """
      until xl domid "$1" >/dev/null 2>&1; do sleep 0.1; done
      exec timeout "$2" sh -c "$3"
      """;

  private final Lab lab;
  private final Domain domain;
  private final Progress progress;

  /** Prepares a run. */
  public PvProgram(Lab lab, Domain domain, Progress progress) {
    this.lab = lab;
    this.domain = domain;
    this.progress = progress;
  }

  /**
   * A domain.
   *
   * @param name its name
   * @param network its network, on vif 0; or null
   * @param memoryMib its memory
   */
  public record Domain(String name, StubNetwork network, int memoryMib) {
    /** The command line. */
    String commandLine() {
      return network == null ? "" : network.word();
    }

    /** Lines for the xl configuration, beside those that every PV domain has. */
    String more() {
      return network == null ? "" : "vif = [ 'bridge=" + BRIDGE + "' ]\n";
    }

    /**
     * The whole xl configuration.
     *
     * @param directory where kernel and ramdisk are
     */
    public String configuration(String directory) {
      String text =
          """
          name = %s
          type = "pv"
          kernel = %s
          ramdisk = %s
          memory = %d
          vcpus = 1
          on_crash = "destroy"
          """
              .formatted(
                  Literal.of(name),
                  Literal.of(directory + "/stubdom-kernel"),
                  Literal.of(directory + "/stubdom-ramdisk"),
                  memoryMib);
      if (network != null) {
        text += "cmdline = " + Literal.of(commandLine()) + "\n";
      }
      return text + more();
    }
  }

  /**
   * What came of it.
   *
   * @param console all that the domain wrote
   * @param succeeded the program ended with status 0
   * @param timedOut it did not end in time
   * @param command what the command in dom0 said; null without one
   */
  public record Result(String console, boolean succeeded, boolean timedOut, Dom0.Result command) {}

  /**
   * Runs.
   *
   * @param command for dom0's shell; the run ends with it. Null: the run ends with the program
   */
  public Result run(Path kernel, Path ramdisk, String command, Duration limit) throws IOException {
    Dom0 dom0 = lab.dom0();
    if (domain.network() != null) {
      dom0.sh(PREPARE, domain.network().router().orElseThrow());
    }
    PvRun.Plan plan =
        new PvRun.Plan(
            domain.name(),
            kernel,
            ramdisk,
            domain.commandLine(),
            domain.memoryMib(),
            null,
            limit,
            domain.more());
    try (Progress.Step step = progress.begin("run " + domain.name())) {
      PvRun.Result result;
      Dom0.Result said = null;
      if (command == null) {
        result = new PvRun(lab, plan).run();
      } else {
        CompletableFuture<PvRun.Result> running = CompletableFuture.supplyAsync(() -> run(plan));
        String seconds = Long.toString(limit.toSeconds());
        said = dom0.execute("sh", "-c", COMMAND, "run", domain.name(), seconds, command);
        dom0.execute("xl", "destroy", domain.name());
        result = await(running);
      }
      step.done();
      return new Result(
          result.console(),
          result.shutdown().equals("poweroff"),
          result.ending() == PvRun.Ending.TIMEOUT,
          said);
    }
  }

  private PvRun.Result run(PvRun.Plan plan) {
    try {
      return new PvRun(lab, plan).run();
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private static PvRun.Result await(CompletableFuture<PvRun.Result> running) throws IOException {
    try {
      return running.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      if (e.getCause() instanceof RuntimeException other) {
        throw other;
      }
      throw e;
    }
  }
}
