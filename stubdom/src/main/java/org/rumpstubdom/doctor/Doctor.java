// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says what a machine has and lacks, with the command that mends each lack. What only those who
 * work on the project need is told, but not called a lack.
 */
public final class Doctor {
  /** The emulated host takes 4 GiB; the rest is for QEMU's translations and Java. */
  static final long MEMORY_MIB = 5 * 1024;

  /** Sources, build trees, dom0 and the lab's saved states. */
  static final long DISK_MIB = 12 * 1024;

  private static final Map<String, String> PURPOSES = new LinkedHashMap<>();

  static {
    PURPOSES.put("tool", "packages for the command line");
    PURPOSES.put("build", "packages for `stubdom build`");
    PURPOSES.put("compile", "packages for `stubdom run`, cc, toolchain and fs");
    PURPOSES.put("lab", "packages for `stubdom test`");
    PURPOSES.put("guest", "packages for the test guests");
    PURPOSES.put("manual", "packages for the manual pages");
    PURPOSES.put("package", "packages for scripts/package");
    PURPOSES.put("check", "packages for scripts/test");
  }

  /** What only those who work on the project need. */
  private static final Set<String> OPTIONAL = Set.of("compile", "manual", "package", "check");

  private Doctor() {}

  /** Examines this machine. */
  public static List<Finding> examine() throws IOException {
    return examine(Machine.here(), Requirement.all());
  }

  static List<Finding> examine(Machine machine, List<Requirement> requirements) throws IOException {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        machine.architecture().equals("amd64")
            ? Finding.good("processor", "amd64, " + machine.processors() + " available")
            : Finding.bad("processor", machine.architecture(), "use an x86-64 machine (amd64)"));
    findings.add(
        machine.java() >= 17
            ? Finding.good("Java", Integer.toString(machine.java()))
            : Finding.bad(
                "Java",
                Integer.toString(machine.java()),
                install(machine, "default-jdk-headless")));
    long memory = machine.availableMemoryMib();
    findings.add(
        memory >= MEMORY_MIB
            ? Finding.good("memory", memory + " MiB available")
            : Finding.bad(
                "memory",
                memory + " MiB available, the lab needs " + MEMORY_MIB,
                "end other programs or add memory"));
    long space = machine.cacheSpaceMib();
    findings.add(
        space >= DISK_MIB
            ? Finding.good("disk", space + " MiB free for " + machine.cache())
            : Finding.bad(
                "disk",
                space + " MiB free for " + machine.cache() + ", a cold build needs " + DISK_MIB,
                "free some space, or set XDG_CACHE_HOME to a larger disk"));
    PURPOSES.forEach(
        (purpose, name) -> findings.add(packages(machine, requirements, purpose, name)));
    return findings;
  }

  private static Finding packages(
      Machine machine, List<Requirement> requirements, String purpose, String name) {
    List<String> missing = new ArrayList<>();
    int needed = 0;
    for (Requirement requirement : requirements) {
      if (requirement.purpose().equals(purpose)) {
        needed++;
        if (!machine.has(requirement.probe())) {
          missing.add(requirement.packageName());
        }
      }
    }
    if (missing.isEmpty()) {
      return Finding.good(name, "all " + needed + " installed");
    }
    String fix = install(machine, String.join(" ", missing));
    String names = String.join(", ", missing);
    return OPTIONAL.contains(purpose)
        ? Finding.optional(name, "optional, not installed: " + names + "; " + fix, fix)
        : Finding.bad(name, "missing: " + names, fix);
  }

  /** The command that installs packages, for a shell, as scripts/install-packages prints it. */
  private static String install(Machine machine, String packages) {
    List<String> commands = new ArrayList<>();
    if (!machine.hasPackageLists()) {
      commands.add("apt-get update");
    }
    commands.add("apt-get install --no-install-recommends " + packages);
    if (machine.root()) {
      return String.join(" && ", commands);
    }
    return machine.has("sudo")
        ? "sudo " + String.join(" && sudo ", commands)
        : "su -c '" + String.join(" && ", commands) + "'";
  }
}
