// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.build.source.DebianPackages;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;

/**
 * The program that emulates the host: the machine's own QEMU, or, where that one has a fault no
 * guest of 64 bits survives, the QEMU of Debian 12 with its own libraries, kept in the cache.
 *
 * <p>The fault, since QEMU 9.1 rewrote its x86 decoder: when the guest of an emulated hypervisor
 * reads CR2, CR3, CR4 or CR8, the hypervisor is told of a read of CR0. Xen intercepts reads of CR0
 * but not those of CR2, so that it does not follow CR2, yet it now answers such a read from its own
 * old copy. Linux maps memory on page faults while it starts, and halts when the address of a fault
 * makes no sense. No processor model avoids that: Debian's Xen has no shadow paging, with which it
 * would follow CR2.
 *
 * @param command the program and the arguments that come before all others
 * @param environment what it needs in its environment
 * @param version its version line
 */
public record LabEmulator(List<String> command, Map<String, String> environment, String version) {
  private static final String PROGRAM = "qemu-system-x86_64";

  /** The release whose QEMU is used where the machine's own does not do. */
  private static final String SUITE = "bookworm";

  private static final String KIND = "lab-emulator";

  /** Grows when this class makes something else from the same packages. */
  private static final String RECIPE = "1";

  private static final List<String> PACKAGES = List.of("qemu-system-x86", "seabios");
  private static final List<String> WITHOUT = List.of("./usr/lib/python3*");
  private static final String LIBRARIES = "usr/lib/x86_64-linux-gnu";
  private static final String MODULES = LIBRARIES + "/qemu";
  private static final List<String> DATA = List.of("usr/share/qemu", "usr/share/seabios");

  private static final Pattern VERSION = Pattern.compile("version (\\d{1,4})\\.(\\d{1,4})");
  private static final int FAULTY_SINCE_MAJOR = 9;
  private static final int FAULTY_SINCE_MINOR = 1;

  /**
   * The emulator for this machine; Debian 12's is downloaded first when the cache does not have it.
   *
   * @throws StubdomException (3) when this machine has none, or Debian 12's cannot be had
   */
  public static LabEmulator of(CacheDirectory cache, Progress progress) throws IOException {
    LabEmulator own = own();
    if (!misreportsControlRegisters(own.version())) {
      return own;
    }
    String key =
        Hashing.key()
            .add("recipe", RECIPE)
            .add("suite", SUITE)
            .add("packages", String.join(" ", PACKAGES))
            .hex();
    Path tree = cache.entry(KIND, key, entry -> build(entry, progress));
    Path libraries = tree.resolve(LIBRARIES);
    // By its own loader: this machine's C library is another one.
    return started(
        List.of(
            tree.resolve("usr/lib64/ld-linux-x86-64.so.2").toString(),
            "--argv0",
            PROGRAM,
            "--library-path",
            libraries.toString(),
            tree.resolve("usr/bin").resolve(PROGRAM).toString(),
            "-L",
            tree.resolve(DATA.get(0)).toString(),
            "-L",
            tree.resolve(DATA.get(1)).toString()),
        Map.of("QEMU_MODULE_DIR", tree.resolve(MODULES).toString()));
  }

  /**
   * The machine's own emulator, fit or not.
   *
   * @throws StubdomException (3) when it has none
   */
  public static LabEmulator own() {
    return started(List.of(PROGRAM), Map.of());
  }

  /** The same with a plugin; what the emulator emulates stays the same. */
  public LabEmulator with(LabPlugin plugin) {
    StringBuilder value = new StringBuilder(comma(plugin.library().toString()));
    plugin
        .arguments()
        .forEach((name, argument) -> value.append(",%s=%s".formatted(name, comma(argument))));
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of("-plugin", value.toString()));
    return new LabEmulator(all, environment, version);
  }

  /** A comma in a value is written twice. */
  private static String comma(String value) {
    return value.replace(",", ",,");
  }

  private static LabEmulator started(List<String> command, Map<String, String> environment) {
    Command ask =
        Command.of(command)
            .args("--version")
            .capture()
            .whenMissing("apt-get install qemu-system-x86");
    environment.forEach(ask::env);
    return new LabEmulator(command, environment, ask.run().output());
  }

  /**
   * Whether such a QEMU takes each read of a control register by a nested guest for one of CR0.
   *
   * @param version what it prints for {@code --version}
   */
  static boolean misreportsControlRegisters(String version) {
    Matcher matcher = VERSION.matcher(version);
    if (!matcher.find()) {
      return false;
    }
    int major = Integer.parseInt(matcher.group(1));
    int minor = Integer.parseInt(matcher.group(2));
    return major > FAULTY_SINCE_MAJOR
        || (major == FAULTY_SINCE_MAJOR && minor >= FAULTY_SINCE_MINOR);
  }

  private static void build(Path entry, Progress progress) throws IOException {
    try (TemporaryDirectory scratch = TemporaryDirectory.create(entry.getParent(), "lab-emulator");
        Progress.Step step = progress.begin("fetch the emulator of Debian 12")) {
      Path packages = Files.createDirectory(scratch.path().resolve("packages"));
      new DebianPackages(SUITE, PACKAGES, progress).download(scratch.path(), packages, WITHOUT);
      SystemTree tree = new SystemTree(packages, entry);
      tree.program("usr/bin/" + PROGRAM);
      tree.libraries();
      tree.files(MODULES, "accel-tcg-*.so");
      for (String directory : DATA) {
        tree.files(directory, "*.bin");
      }
      step.done();
    }
  }
}
