// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.Literal;

/**
 * Runs a plain PV kernel under stock xl and returns what its console said. Several runs may be
 * under way in one host, each on a thread of its own.
 */
public final class PvRun {
  private static final int SIGKILL = 9;

  private final Lab lab;
  private final Plan plan;

  /** Prepares a run; nothing is done before {@link #run}. */
  public PvRun(Lab lab, Plan plan) {
    this.lab = lab;
    this.plan = plan;
  }

  /**
   * What to run.
   *
   * @param name the domain's name
   * @param kernel a PV kernel: an ELF file with Xen's notes
   * @param ramdisk its ramdisk; null for none
   * @param commandLine its command line
   * @param memoryMib its memory
   * @param until ends the run when the console's output has it; null: run until the domain ends
   * @param limit ends the run on this computer's clock
   * @param extra more lines for the xl configuration; may be empty
   */
  public record Plan(
      String name,
      Path kernel,
      Path ramdisk,
      String commandLine,
      int memoryMib,
      Pattern until,
      Duration limit,
      String extra) {}

  /** How a run ended. */
  public enum Ending {
    /** The console's output had the pattern. */
    MATCHED,
    /** The domain powered off, crashed or was never created. */
    ENDED,
    /** Time ran out. */
    TIMEOUT
  }

  /**
   * What came of it.
   *
   * @param ending how it ended
   * @param console everything the domain wrote, with plain line ends
   * @param create what xl said
   * @param shutdown why the domain ended, in xl's words; empty when it did not
   */
  public record Result(Ending ending, String console, String create, String shutdown) {}

  /**
   * Runs the kernel, and removes its domain.
   *
   * @throws IOException when the emulated host ended
   * @throws StubdomException (2) when the pattern needs too much to tell whether it is there, (6)
   *     when dom0 does not answer
   */
  public Result run() throws IOException {
    Dom0 dom0 = lab.dom0();
    String directory = "/run/pv" + lab.nextRun();
    dom0.run("mkdir", "-p", directory);
    dom0.push(plan.kernel(), directory + "/kernel");
    if (plan.ramdisk() != null) {
      dom0.push(plan.ramdisk(), directory + "/ramdisk");
    }
    dom0.push(configuration(plan, directory).getBytes(StandardCharsets.UTF_8), directory + "/cfg");
    SerialFollower console = new SerialFollower(plan.until(), List.of());
    // xenconsoled's log has every byte. The file must be there before the domain is: were an old
    // one
    // removed after the daemon has opened it, all would go to a file without a name.
    String log = "/var/log/xen/console/guest-" + plan.name() + ".log";
    dom0.sh("rm -f \"$1\"; : >\"$1\"", log);
    RemoteCommand tail =
        dom0.start(
            List.of("tail", "-f", "-n", "+1", log),
            (error, data, nanos) -> console.accept(data, nanos));
    TimedLog said = new TimedLog();
    try {
      // This xl stays and ends when the domain has come to its end.
      RemoteCommand xl =
          dom0.start(
              List.of("xl", "create", "-F", directory + "/cfg"),
              (error, data, nanos) -> said.accept(data, nanos));
      xl.endInput();
      Ending ending = follow(xl, console);
      String text = console.text();
      if (ending == Ending.ENDED) {
        text = wholeOutput(dom0, log);
        if (plan.until() != null && SerialFollower.occurs(plan.until(), text)) {
          ending = Ending.MATCHED;
        }
      }
      return new Result(ending, text, said.plain(), ShutdownReason.in(said.plain()));
    } finally {
      if (lab.isAlive()) {
        dom0.execute("xl", "destroy", plan.name());
        tail.signal(SIGKILL);
        dom0.execute("rm", "-rf", directory);
      }
    }
  }

  private Ending follow(RemoteCommand xl, SerialFollower console) throws IOException {
    try {
      CompletableFuture.anyOf(console.match(), xl.end())
          .get(plan.limit().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return Ending.TIMEOUT;
    } catch (ExecutionException e) {
      throw RemoteCommand.failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return console.match().isDone() ? Ending.MATCHED : Ending.ENDED;
  }

  /**
   * The console's log when the domain has gone. The daemon writes the last bytes after that, and
   * the follower looks once a second: both go by dom0's clock, whatever ours says.
   */
  private static String wholeOutput(Dom0 dom0, String log) throws IOException {
    return dom0.sh("sleep 0.3; cat \"$1\"", log).replace("\r", "");
  }

  static String configuration(Plan plan, String directory) {
    StringBuilder text = new StringBuilder();
    text.append("name = ").append(Literal.of(plan.name())).append("\ntype = \"pv\"\n");
    text.append("kernel = \"").append(directory).append("/kernel\"\n");
    if (plan.ramdisk() != null) {
      text.append("ramdisk = \"").append(directory).append("/ramdisk\"\n");
    }
    if (!plan.commandLine().isEmpty()) {
      text.append("cmdline = ").append(Literal.of(plan.commandLine())).append("\n");
    }
    text.append("memory = ").append(plan.memoryMib()).append("\nvcpus = 1\n");
    text.append("on_poweroff = \"destroy\"\non_reboot = \"destroy\"\non_crash = \"destroy\"\n");
    return text.append(plan.extra()).append("\n").toString();
  }
}
