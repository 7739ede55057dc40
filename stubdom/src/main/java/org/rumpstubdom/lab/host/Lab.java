// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.rumpstubdom.lab.root.LabEmulator;
import org.rumpstubdom.lab.root.LabPlugin;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.FullDisk;
import org.rumpstubdom.util.Interrupts;
import org.rumpstubdom.util.Resources;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;

/**
 * A booted Xen host in an emulator, with stock xl in its dom0. Closing it ends the emulator and
 * removes everything it left on this computer. Not thread-safe, but for {@link #dom0}, {@link
 * #nextRun} and {@link #isAlive}.
 */
public final class Lab implements AutoCloseable {
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(10);

  private final LabOptions options;
  private final LabRoot root;
  private final LabEmulator emulator;
  private final TemporaryDirectory scratch;
  private final Boot boot;
  private String bootLog = "";
  private Machine machine;
  private final AtomicInteger runs = new AtomicInteger();
  private final Set<String> bridges = new HashSet<>();
  private final Map<Path, String> kept = new HashMap<>();

  /**
   * How the host came up.
   *
   * @param restored whether from a saved state
   * @param wallSeconds how long that took on this computer's clock, saving a state included
   * @param virtualSeconds dom0's clock when it was ready, from its kernel's start
   */
  public record Boot(boolean restored, double wallSeconds, double virtualSeconds) {}

  /** Boots a host with the user's cache. */
  public static Lab open(LabOptions options, Progress progress) throws IOException {
    return open(options, CacheDirectory.ofUser(), progress);
  }

  /**
   * Boots a host with the user's cache, in an emulator with a plugin.
   *
   * @param plugin null for none
   */
  public static Lab open(LabOptions options, LabPlugin plugin, Progress progress)
      throws IOException {
    CacheDirectory cache = CacheDirectory.ofUser();
    LabEmulator emulator = LabEmulator.of(cache, progress);
    return open(options, plugin == null ? emulator : emulator.with(plugin), cache, progress);
  }

  /**
   * Boots a host.
   *
   * @throws StubdomException (5) when the emulator or the host fails
   */
  public static Lab open(LabOptions options, CacheDirectory cache, Progress progress)
      throws IOException {
    return open(options, LabEmulator.of(cache, progress), cache, progress);
  }

  /** As {@link #open(LabOptions, CacheDirectory, Progress)}, in this emulator. */
  static Lab open(LabOptions options, LabEmulator emulator, CacheDirectory cache, Progress progress)
      throws IOException {
    LabRoot root = LabRoot.of(options.suite(), cache, progress);
    TemporaryDirectory scratch = TemporaryDirectory.create("lab");
    try {
      return new Lab(options, root, emulator, scratch, cache, progress);
    } catch (IOException | RuntimeException e) {
      scratch.close();
      throw e;
    }
  }

  private Lab(
      LabOptions options,
      LabRoot root,
      LabEmulator emulator,
      TemporaryDirectory scratch,
      CacheDirectory cache,
      Progress progress)
      throws IOException {
    this.options = options;
    this.root = root;
    this.emulator = emulator;
    this.scratch = scratch;
    long start = System.nanoTime();
    boolean restored = options.savedState() && resume(cache, progress);
    if (!restored) {
      bootCold(progress);
    }
    try {
      options.pci().assign(dom0());
      if (options.clock() == LabClock.WALL) {
        dom0().run("date", "-s", "@" + Instant.now().getEpochSecond());
      }
      boot = new Boot(restored, (System.nanoTime() - start) / 1e9, uptime());
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  /** Tries the saved state, then a newly saved one. */
  private boolean resume(CacheDirectory cache, Progress progress) throws IOException {
    for (int attempt = 0; attempt < 2; attempt++) {
      MachineState state = MachineState.of(options, root, emulator, cache, progress);
      try (Progress.Step step = progress.begin("start the emulated host from its saved state")) {
        Path directory = Files.createDirectory(scratch.path().resolve("state" + attempt));
        // Another process may throw the state away while this one runs on from it.
        String log = state.bootLog();
        machine = state.resume(options, root, emulator, directory);
        bootLog = log;
        step.done();
        return true;
      } catch (IOException | StubdomException e) {
        // A signal ends the emulator too, and says nothing about the state.
        Interrupts.check("start the emulated host");
        if (FullDisk.isAt(scratch.path())) {
          throw FullDisk.failure(scratch.path().toString());
        }
        if (!(e instanceof UnfitStateException)) {
          throw e;
        }
        progress.message("the saved state does not fit (" + e.getMessage() + "): made anew");
        state.discard(cache);
      }
    }
    return false;
  }

  private void bootCold(Progress progress) throws IOException {
    try (Progress.Step step = progress.begin("boot the emulated host")) {
      Machine.Plan plan =
          new Machine.Plan(options, root, emulator, null, Machine.Memory.COPIED, false);
      machine = Machine.start(plan, Files.createDirectory(scratch.path().resolve("cold")));
      try {
        machine.awaitBoot(BOOT_LIMIT);
      } catch (IOException | RuntimeException e) {
        machine.close();
        throw e;
      }
      step.done();
    }
  }

  private double uptime() throws IOException {
    return Double.parseDouble(dom0().run("cut", "-d", " ", "-f1", "/proc/uptime").strip());
  }

  /** dom0's command line. */
  public Dom0 dom0() {
    return new Dom0(machine.agent());
  }

  /** How the host came up. */
  public Boot boot() {
    return boot;
  }

  /** What the host was booted from. */
  public LabRoot root() {
    return root;
  }

  /** What the host is like. */
  public LabOptions options() {
    return options;
  }

  /** A number that no other run in this host has. */
  public int nextRun() {
    return runs.incrementAndGet();
  }

  /** The hypervisor's and dom0's messages, from the beginning of the boot. */
  public String hypervisorLog() throws IOException {
    return bootLog + Files.readString(machine.hypervisorLog());
  }

  /** What the hypervisor and the consoles it relays said since the host was up. */
  public String domainMessages() throws IOException {
    return Files.readString(machine.hypervisorLog());
  }

  /** The file with the emulator's own messages; it goes with the lab. */
  public Path emulatorLog() {
    return machine.emulatorLog();
  }

  /** The emulator's version line; empty when it prints none. */
  public String emulatorVersion() {
    return emulator.version().lines().findFirst().orElse("");
  }

  /** Why we ended the emulator ourselves; empty when we did not. */
  public String endReason() {
    return machine.endReason();
  }

  /** Deletes what guests wrote to disks whose changes are not kept, when the emulator has ended. */
  public void dropChanges() throws IOException {
    machine.dropChanges();
  }

  /** Whether the emulator still runs. */
  public boolean isAlive() {
    return machine.isAlive();
  }

  /**
   * A disk of dom0.
   *
   * @param node its device node
   * @param bytes its size
   */
  public record DomainDisk(String node, long bytes) {}

  /**
   * Gives dom0 a disk.
   *
   * @param image a disk image or block device, used where it is
   * @param format its format in QEMU's words (raw, qcow2, ...); dom0 sees plain sectors
   * @param access what happens to writes
   */
  public DomainDisk attachDisk(Path image, String format, DiskAccess access) throws IOException {
    Machine.Disk disk = machine.attach(image.toAbsolutePath(), format, access);
    String program = Resources.text(Lab.class, "await-disk");
    String node = dom0().sh(program, Integer.toString(disk.target())).strip();
    return new DomainDisk(node, disk.bytes());
  }

  /** Makes sure that dom0 has a bridge of this name; the first one gets the address 10.9.0.1/24. */
  public void bridge(String name) throws IOException {
    if (!bridges.add(name)) {
      return;
    }
    dom0().sh("ip link add \"$1\" type bridge && ip link set \"$1\" up", name);
    if (bridges.size() == 1) {
      dom0().sh("ip address add 10.9.0.1/24 dev \"$1\"", name);
    }
  }

  /**
   * Copies a file into dom0 for as long as the host lives.
   *
   * @return its path there
   */
  public String keepInDom0(Path file) throws IOException {
    String known = kept.get(file);
    if (known != null) {
      return known;
    }
    String path = "/run/kept" + kept.size();
    dom0().push(file, path);
    kept.put(file, path);
    return path;
  }

  /** Presses and lets go of a key on the host's keyboard: "a", "ret" and so on. */
  public void pressKey(String key) throws IOException {
    machine.pressKey(key);
  }

  /**
   * Where the emulator has a byte of the machine's memory in its own.
   *
   * @param physical the byte's address in the machine
   * @return empty when the machine has no memory there
   */
  public OptionalLong hostAddress(long physical) throws IOException {
    return machine.hostAddress(physical);
  }

  /** Ends the emulator in order, so that changes to disks with {@link DiskAccess#WRITTEN} last. */
  public void finish() throws IOException {
    machine.quit();
  }

  @Override
  public void close() {
    machine.close();
    scratch.close();
  }
}
