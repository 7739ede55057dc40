// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/**
 * Runs the POSIX suite's programs on Linux and on a platform of ours, and holds the outcomes
 * against the table of known differences.
 */
final class PosixComparison {
  /** To try a few tests by hand: a regular expression for their names. */
  private static final Pattern SELECTED =
      Pattern.compile(System.getProperty("rumpstubdom.posix", ".*"));

  /** Of all tests, how many have to agree. */
  private static final double AGREEMENT = 0.95;

  /** The longest test sleeps for 27 seconds. */
  private static final Duration LIMIT = Duration.ofSeconds(45);

  /** For what the table says does not end: the tests in question take up to 8 seconds on Linux. */
  private static final Duration SHORT_LIMIT = Duration.ofSeconds(10);

  /** How many programs run as processes of this machine at a time: most tests sleep. */
  static final int PROCESSES = 6 * TestPrograms.JOBS;

  private static final int ATTEMPTS = 3;

  /** More than so many are no chance. */
  private static final int RETRIED = 20;

  /**
   * Root with the rights the suite asks for. Without that to set the clock, which is this machine's
   * and which no stub domain has, and those a container may lack. A JVM's children have signals
   * blocked.
   */
  private static final List<String> RIGHTS =
      List.of(
          "env",
          "--default-signal",
          "setpriv",
          "--bounding-set",
          "-all,+chown,+dac_override,+fowner,+kill,+setgid,+setuid,+ipc_lock,+sys_nice");

  /** The rows of the report. */
  private static final Map<String, Pattern> GROUPS = new LinkedHashMap<>();

  static {
    for (String prefix : List.of("clock_", "pthread_", "sched_", "sem_", "sig")) {
      GROUPS.put(prefix + "*", Pattern.compile(prefix + ".*"));
    }
    GROUPS.put("mmap, munmap", Pattern.compile("(mmap|munmap)/.*"));
    GROUPS.put("nanosleep", Pattern.compile("nanosleep/.*"));
    GROUPS.put("all", Pattern.compile(".*"));
  }

  /** Where our kernel runs. */
  @FunctionalInterface
  interface Platform {
    /**
     * Runs a test.
     *
     * @param limit what takes longer hangs
     */
    PosixOutcome run(String test, Duration limit) throws IOException;
  }

  @FunctionalInterface
  private interface Side {
    PosixOutcome run(String test) throws IOException;
  }

  private record Pair(PosixOutcome linux, PosixOutcome ours) {
    boolean agrees() {
      return linux == ours;
    }
  }

  private final PosixSuite suite;
  private final PosixDifferences differences;
  private final Path directory;
  private final Platform platform;
  private final SortedMap<String, Pair> pairs = new TreeMap<>();

  /**
   * Runs everything.
   *
   * @param directory the programs' own files go there
   * @param platform where our kernel runs
   * @param ourWorkers how many tests run on that platform at a time
   */
  PosixComparison(PosixSuite suite, Path directory, Platform platform, int ourWorkers)
      throws IOException {
    this.suite = suite;
    this.differences = PosixDifferences.load();
    this.directory = directory;
    this.platform = platform;
    assertEquals(
        "0",
        Command.of("id", "-u").capture().run().output().strip(),
        "the suite needs root: it changes users and priorities");
    List<String> tests =
        suite.tests(PosixSuite.Kind.PROGRAM).stream()
            .filter(test -> SELECTED.matcher(test).matches())
            .toList();
    Map<String, PosixOutcome> linux = runAll(tests, PROCESSES, this::onLinux);
    Map<String, PosixOutcome> ours = runAll(tests, ourWorkers, this::onPlatform);
    tests.forEach(test -> pairs.put(test, new Pair(linux.get(test), ours.get(test))));
    // Where timing or chance decides: once more, alone.
    List<String> odd = tests.stream().filter(test -> complaint(test).isPresent()).toList();
    for (String test : odd.subList(0, Math.min(RETRIED, odd.size()))) {
      for (int i = 1; i < ATTEMPTS && complaint(test).isPresent(); i++) {
        pairs.put(test, new Pair(onLinux(test), onPlatform(test)));
      }
    }
    System.out.println(report());
  }

  private static SortedMap<String, PosixOutcome> runAll(
      List<String> tests, int workers, Side side) {
    SortedMap<String, Callable<PosixOutcome>> jobs = new TreeMap<>();
    tests.forEach(test -> jobs.put(test, () -> side.run(test)));
    return Parallel.run(workers, jobs);
  }

  private PosixOutcome onLinux(String test) throws IOException {
    Path own = directory.resolve("linux").resolve(test);
    Files.createDirectories(own);
    OptionalInt status =
        status(Command.of(RIGHTS).args(suite.program(test).toString()).in(own), LIMIT);
    return status.isPresent() ? PosixOutcome.ofStatus(status.getAsInt()) : PosixOutcome.HANG;
  }

  private PosixOutcome onPlatform(String test) throws IOException {
    return platform.run(test, differences.hangsWithUs(test) ? SHORT_LIMIT : LIMIT);
  }

  private Optional<String> complaint(String test) {
    Pair pair = pairs.get(test);
    return differences.complaint(test, pair.linux(), pair.ours());
  }

  /** Every difference is in the table, and everything in the table is a difference. */
  void assertAsListed() {
    List<String> wrong =
        new ArrayList<>(pairs.keySet().stream().flatMap(t -> complaint(t).stream()).toList());
    differences.tests().stream()
        .filter(test -> SELECTED.matcher(test).matches() && !pairs.containsKey(test))
        .forEach(test -> wrong.add(test + ": listed, but there is no such test"));
    assertEquals(List.of(), wrong, () -> String.join("\n", wrong));
  }

  /** Linux and we agree on as many tests as was promised. */
  void assertAgreement() {
    long agree = pairs.values().stream().filter(Pair::agrees).count();
    assertTrue(
        agree >= AGREEMENT * pairs.size() && agree > 0,
        () -> "%d of %d tests agree".formatted(agree, pairs.size()));
  }

  /** What was left out, the numbers, and every difference. */
  private String report() {
    StringBuilder text = new StringBuilder();
    for (PosixSuite.Kind kind : PosixSuite.Kind.values()) {
      List<String> tests = suite.tests(kind);
      text.append("%s: %d tests%n".formatted(kind, tests.size()));
      if (kind != PosixSuite.Kind.PROGRAM) {
        text.append("  ").append(String.join(" ", tests)).append(System.lineSeparator());
      }
    }
    String row = "%-14s %6s %6s %12s %10s %11s%n";
    text.append(
        row.formatted("interfaces", "run", "agree", "PASS, Linux", "PASS, ours", "agreement"));
    GROUPS.forEach(
        (name, members) -> {
          List<Pair> group =
              pairs.entrySet().stream()
                  .filter(test -> members.matcher(test.getKey()).matches())
                  .map(Map.Entry::getValue)
                  .toList();
          if (group.isEmpty()) {
            return;
          }
          long agree = group.stream().filter(Pair::agrees).count();
          text.append(
              row.formatted(
                  name,
                  group.size(),
                  agree,
                  group.stream().filter(p -> p.linux() == PosixOutcome.PASS).count(),
                  group.stream().filter(p -> p.ours() == PosixOutcome.PASS).count(),
                  "%.1f %%".formatted(100.0 * agree / group.size())));
        });
    pairs.forEach(
        (test, pair) -> {
          if (!pair.agrees()) {
            text.append("%s: Linux %s, ours %s%n".formatted(test, pair.linux(), pair.ours()));
          }
        });
    return text.toString();
  }

  /** The exit status of a command with a time limit; empty when it takes longer. */
  static OptionalInt status(Command command, Duration limit) {
    try {
      return OptionalInt.of(command.capture().timeout(limit).execute().status());
    } catch (StubdomException e) {
      if (e.exitCode() != ExitCode.TIMEOUT) {
        throw e;
      }
      return OptionalInt.empty();
    }
  }
}
