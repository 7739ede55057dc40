// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;

class DoctorTest {
  /** A machine of given facts. */
  private record Fake(
      Set<String> lacks, long memory, long space, String architecture, int java, boolean root)
      implements Machine {
    @Override
    public boolean has(String probe) {
      return !lacks.contains(probe);
    }

    @Override
    public boolean hasPackageLists() {
      return !lacks.contains("lists");
    }

    @Override
    public long availableMemoryMib() {
      return memory;
    }

    @Override
    public long cacheSpaceMib() {
      return space;
    }

    @Override
    public Path cache() {
      return Path.of("/cache");
    }

    @Override
    public int processors() {
      return 2;
    }
  }

  private static final List<Requirement> REQUIREMENTS =
      Requirement.parse(
          List.of(
              "# a comment",
              "tool  maven  mvn  builds it",
              "build gcc    gcc  compiles",
              "build make   make builds",
              "lab   e2fsprogs mke2fs makes file systems",
              "check libxen /usr/lib/x judges"));

  private static List<String> lacks(Machine machine) throws IOException {
    return Doctor.examine(machine, REQUIREMENTS).stream()
        .filter(finding -> !finding.ok())
        .map(finding -> finding.name() + ": " + finding.detail() + ": " + finding.fix())
        .toList();
  }

  @Test
  void aGoodMachineLacksNothing() throws IOException {
    assertEquals(
        List.of(),
        lacks(new Fake(Set.of(), Doctor.MEMORY_MIB, Doctor.DISK_MIB, "amd64", 17, true)));
  }

  @Test
  void eachLackHasItsCommand() throws IOException {
    assertEquals(
        List.of(
            "packages for `stubdom build`: missing: gcc, make: "
                + "sudo apt-get install --no-install-recommends gcc make"),
        lacks(lacking("gcc", "make")));
  }

  @Test
  void theCommandSuitsTheMachine() throws IOException {
    String install = "apt-get install --no-install-recommends make";
    String both = "apt-get update && " + install;
    assertFix("sudo " + install, lacking("make"));
    assertFix("sudo apt-get update && sudo " + install, lacking("make", "lists"));
    assertFix("su -c '" + install + "'", lacking("make", "sudo"));
    assertFix("su -c '" + both + "'", lacking("make", "sudo", "lists"));
    Set<String> lacks = Set.of("make", "sudo", "lists");
    assertFix(both, new Fake(lacks, Doctor.MEMORY_MIB, Doctor.DISK_MIB, "amd64", 17, true));
  }

  private static void assertFix(String command, Machine machine) throws IOException {
    assertEquals(
        List.of("packages for `stubdom build`: missing: make: " + command), lacks(machine));
  }

  @Test
  void aPathNeedNotNameAVersion(@TempDir Path root) throws IOException {
    Files.createDirectories(root.resolve("llvm-19/lib"));
    Files.createDirectories(root.resolve("llvm-14/lib/include"));
    Files.createFile(root.resolve("llvm-14/lib/include/x.h"));
    Files.createFile(root.resolve("file"));
    assertTrue(Machine.exists(root + "/llvm-*/lib/include/x.h"));
    assertTrue(Machine.exists(root + "/llvm-*/lib"));
    assertTrue(Machine.exists(root + "/file"));
    assertFalse(Machine.exists(root + "/llvm-*/lib/include/y.h"));
    assertFalse(Machine.exists(root + "/llvm-*/include"));
    assertFalse(Machine.exists(root + "/file/*"));
    assertFalse(Machine.exists(root + "/*/*.so"));
  }

  private static Machine lacking(String... probes) {
    return new Fake(Set.of(probes), Doctor.MEMORY_MIB, Doctor.DISK_MIB, "amd64", 17, false);
  }

  @Test
  void whatOnlyDevelopersNeedIsToldButNoLack() throws IOException {
    Machine machine = lacking("/usr/lib/x");
    assertEquals(List.of(), lacks(machine));
    String install = "sudo apt-get install --no-install-recommends libxen";
    assertTrue(
        Doctor.examine(machine, REQUIREMENTS)
            .contains(
                new Finding(
                    "packages for scripts/test",
                    true,
                    "optional, not installed: libxen; " + install,
                    install)));
  }

  @Test
  void machinesThatAreTooSmallOrOtherAreNamed() throws IOException {
    List<String> lacks = lacks(new Fake(Set.of(), 4000, 100, "aarch64", 11, true));
    assertEquals(4, lacks.size(), lacks.toString());
    assertTrue(lacks.get(0).startsWith("processor: aarch64"), lacks.toString());
    assertTrue(lacks.get(1).endsWith("install --no-install-recommends default-jdk-headless"));
    assertTrue(lacks.get(2).startsWith("memory: 4000 MiB"), lacks.toString());
    assertTrue(lacks.get(3).startsWith("disk: 100 MiB free for /cache"), lacks.toString());
  }

  @Test
  void theListNamesPackagesThatDebianHas() throws IOException {
    List<Requirement> all = Requirement.all();
    assertFalse(all.isEmpty());
    for (Requirement requirement : all) {
      assertTrue(
          Set.of("tool", "build", "compile", "lab", "guest", "manual", "package", "check")
              .contains(requirement.purpose()),
          requirement.toString());
    }
    // apt-cache is the independent judge of the names; it needs no network.
    String known =
        Command.of("apt-cache", "show", "--no-all-versions")
            .args(all.stream().map(Requirement::packageName).toList())
            .failsWith(ExitCode.INPUT)
            .capture()
            .run()
            .output();
    List<String> names = known.lines().filter(line -> line.startsWith("Package: ")).toList();
    for (Requirement requirement : all) {
      assertTrue(
          names.contains("Package: " + requirement.packageName()), requirement.packageName());
    }
  }
}
