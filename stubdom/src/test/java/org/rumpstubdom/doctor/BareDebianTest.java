// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.build.source.AptSources;
import org.rumpstubdom.cli.Main;
import org.rumpstubdom.util.Command;

/**
 * Bare installations of the releases this project builds on, as mmdebstrap makes them: a chroot
 * whose root is no mount point, without sudo and locale, with the essential packages and apt.
 */
@Tag("long")
class BareDebianTest {
  /** Runs in the chroot; its argument is a Java class path. */
  private static final String TRIAL =
      """
      mkdir /results
      apt-get -q install --simulate --no-install-recommends \
          $(sed -n 's/^[a-z][a-z]*  *\\([^ ]*\\) .*/\\1/p' /stubdom/packages.txt) >/results/simulated
      apt-get -q -y install --no-install-recommends default-jre-headless
      # As on a machine where apt-get update has never run.
      rm /var/lib/apt/lists/*_Packages*
      status=0
      setpriv --reuid=65534 --clear-groups sh /stubdom/install-packages tool \
          2>/results/user || status=$?
      echo "status $status" >>/results/user
      status=0
      java -cp "$1" %s doctor >/results/doctor 2>&1 || status=$?
      echo "status $status" >>/results/doctor
      """
          .formatted(Main.class.getName());

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"bookworm", "trixie"})
  void everyPackageIsFoundAndTheDoctorWorks(String release) throws IOException {
    Path sources =
        Files.writeString(
            directory.resolve("sources.list"),
            AptSources.lines(Path.of("/etc/apt"), release, List.of("deb")));
    Path files = Files.createDirectory(directory.resolve("stubdom"));
    Path scripts = Path.of(System.getProperty("rumpstubdom.checkout"), "scripts");
    for (String name : List.of("install-packages", "packages.txt")) {
      Files.copy(scripts.resolve(name), files.resolve(name));
    }
    Files.writeString(files.resolve("trial"), TRIAL);
    List<String> classPath = new ArrayList<>();
    for (String part : System.getProperty("java.class.path").split(":", -1)) {
      if (part.isEmpty()) {
        continue; // Surefire's list ends in a colon.
      }
      String name = "classes" + classPath.size();
      Command.of("cp", "-R", part, files.resolve(name).toString()).run();
      classPath.add("/stubdom/" + name);
    }
    Command.of("mmdebstrap", "--variant=minbase", "--format=null", release, "/dev/null")
        .args(sources.toString())
        .args("--customize-hook=copy-in " + files + " /")
        .args("--customize-hook=chroot \"$1\" sh -eu /stubdom/trial " + String.join(":", classPath))
        .args("--customize-hook=copy-out /results " + directory)
        .env("TMPDIR", directory.toString())
        .describe("mmdebstrap")
        .run();

    // apt is the judge of the names: it knows what the release has and what goes together.
    List<String> simulated = result("simulated");
    for (String name : List.of("default-jdk-headless", "libclang-rt-dev", "libxen-dev")) {
      assertTrue(
          simulated.stream().anyMatch(line -> line.startsWith("Inst " + name + " ")),
          simulated.toString());
    }
    String install = "apt-get update && apt-get install --no-install-recommends ";
    assertEquals(
        List.of(
            "stubdom: missing packages; run: su -c '" + install + "default-jdk-headless maven'",
            "status 3"),
        result("user"));
    List<String> doctor = result("doctor");
    assertTrue(
        doctor.contains("       " + install + "default-jdk-headless maven"), doctor.toString());
    assertTrue(
        doctor.stream().anyMatch(line -> line.contains(" MiB free for /root/.cache")),
        doctor.toString());
    assertEquals("status 3", doctor.get(doctor.size() - 1));
  }

  private List<String> result(String name) throws IOException {
    return Files.readAllLines(directory.resolve("results").resolve(name));
  }
}
