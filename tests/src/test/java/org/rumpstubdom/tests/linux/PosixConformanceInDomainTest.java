// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.guest.PvRun;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.tests.lab.TestHost;

/** The programs of {@link PosixConformanceTest}, each as a PV domain of its own under stock xl. */
@Tag("lab")
@Tag("long")
final class PosixConformanceInDomainTest {
  private static final int MEMORY_MIB = 32;

  /** Most tests sleep: so many domains share a host. The hosts have one processor each. */
  private static final int DOMAINS_PER_HOST = 3;

  /**
   * The kernel's last word about the program; waiting for it is quicker than for the domain's end.
   */
  private static final Pattern ENDED =
      Pattern.compile("program exited with status (\\d+)\\s|program killed by signal|panic: ");

  @TempDir static Path directory;
  private static PosixSuite suite;
  private static Path kernel;
  private static final List<Lab> hosts = new ArrayList<>();

  /** A host for each domain that may run now. */
  private static final BlockingQueue<Lab> places = new LinkedBlockingQueue<>();

  /** What is known of the domains that ended without the kernel's last word. */
  private static final List<String> silent = Collections.synchronizedList(new ArrayList<>());

  private static PosixComparison comparison;

  @BeforeAll
  static void run() throws IOException {
    suite = PosixSuite.prepare();
    kernel = TestPrograms.kernel();
    for (int i = 0; i < TestPrograms.JOBS; i++) {
      hosts.add(Lab.open(TestHost.of(LabClock.WALL), Progress.silent()));
    }
    for (int i = 0; i < DOMAINS_PER_HOST; i++) {
      places.addAll(hosts);
    }
    comparison =
        new PosixComparison(suite, directory, PosixConformanceInDomainTest::run, places.size());
  }

  @AfterAll
  static void close() {
    hosts.forEach(Lab::close);
  }

  private static PosixOutcome run(String test, Duration limit) throws IOException {
    String name = test.replace('/', '-');
    Path ramdisk = suite.ramdisk(test, directory.resolve(name + ".cpio"));
    PvRun.Plan plan = new PvRun.Plan(name, kernel, ramdisk, "", MEMORY_MIB, ENDED, limit, "");
    PvRun.Result result;
    String hypervisor;
    Lab host = take();
    try {
      int before = host.domainMessages().length();
      result = new PvRun(host, plan).run();
      hypervisor = host.domainMessages().substring(before);
    } finally {
      places.add(host);
    }
    Files.delete(ramdisk);
    if (result.ending() == PvRun.Ending.TIMEOUT) {
      return PosixOutcome.HANG;
    }
    Matcher ended = ENDED.matcher(result.console());
    if (!ended.find()) {
      silent.add(
          test + ": " + result + "\nXen, with the other domains of that host: " + hypervisor);
      return PosixOutcome.CRASH;
    }
    return ended.group(1) == null
        ? PosixOutcome.CRASH
        : PosixOutcome.ofStatus(Integer.parseInt(ended.group(1)));
  }

  private static Lab take() {
    try {
      return places.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Whatever happens to a program, its domain says so before it ends. */
  @Test
  void noDomainEndsInSilence() {
    assertEquals(List.of(), silent, () -> String.join("\n", silent));
  }

  @Test
  void differsFromLinuxAsListed() {
    comparison.assertAsListed();
  }

  @Test
  void agreesWithLinux() {
    comparison.assertAgreement();
  }
}
