// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.rumpstubdom.lab.root.LabEmulator;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.FullDisk;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;

/**
 * A booted host, saved: its memory as a file that later machines map without copying it, and the
 * state of its devices. It fits exactly the emulator, machine and root its key names.
 *
 * @param directory the cache's entry
 */
record MachineState(Path directory) {
  private static final String KIND = "lab-state";
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(10);

  /** The saved state for such a host, made by booting one when the cache does not have it. */
  static MachineState of(
      LabOptions options,
      LabRoot root,
      LabEmulator emulator,
      CacheDirectory cache,
      Progress progress)
      throws IOException {
    String key = Machine.stateKey(options, root, emulator);
    return new MachineState(
        cache.entry(KIND, key, entry -> boot(options, root, emulator, entry, progress)));
  }

  Path memory() {
    return directory.resolve("memory");
  }

  private Path devices() {
    return directory.resolve("devices");
  }

  private Path bootLogFile() {
    return directory.resolve("boot.log");
  }

  /** What the hypervisor and dom0 printed while they booted. */
  String bootLog() throws IOException {
    try {
      return Files.readString(bootLogFile());
    } catch (NoSuchFileException e) {
      throw new UnfitStateException("it is not complete", e);
    }
  }

  /** Throws the state away, because it does not work. */
  void discard(CacheDirectory cache) throws IOException {
    cache.discard(KIND, directory.getFileName().toString());
  }

  private static void boot(
      LabOptions options, LabRoot root, LabEmulator emulator, Path entry, Progress progress)
      throws IOException {
    MachineState fresh = new MachineState(entry);
    Machine.Plan plan =
        new Machine.Plan(options, root, emulator, fresh.memory(), Machine.Memory.WRITTEN, false);
    try (Progress.Step step = progress.begin("boot the emulated host once, to be saved");
        TemporaryDirectory scratch = TemporaryDirectory.create("lab");
        Machine machine = Machine.start(plan, scratch.path())) {
      machine.awaitBoot(BOOT_LIMIT);
      settle(new Dom0(machine.agent()));
      machine.save(fresh.devices());
      Files.copy(machine.hypervisorLog(), fresh.bootLogFile());
      step.done();
    } catch (IOException | StubdomException e) {
      // The emulator cannot say so: it dies when there is no room for a page of the memory file.
      if (FullDisk.isAt(entry)) {
        throw FullDisk.failure(entry.toString());
      }
      throw e;
    }
    // Pages of zeros need no room; a file system that cannot have holes keeps them.
    Command.of("fallocate", "--dig-holes", fresh.memory().toString()).execute();
  }

  /**
   * Runs what a guest's creation runs anyway, so that its first use is not slower than the second,
   * and leaves the system idle.
   */
  private static void settle(Dom0 dom0) throws IOException {
    dom0.sh("xl info; xl list; /usr/libexec/xen-qemu-system-i386 --version; sleep 2");
  }

  /**
   * A machine that runs on from this state.
   *
   * @throws UnfitStateException when it is the state that does not work
   */
  Machine resume(LabOptions options, LabRoot root, LabEmulator emulator, Path scratch)
      throws IOException {
    long size = (long) options.memoryMib() << 20;
    boolean whole = Files.isRegularFile(memory()) && Files.size(memory()) == size;
    if (!whole || !Files.isRegularFile(devices())) {
      throw new UnfitStateException("it is not complete", null);
    }
    Machine.Plan plan =
        new Machine.Plan(options, root, emulator, memory(), Machine.Memory.COPIED, true);
    Machine machine = Machine.start(plan, scratch);
    try {
      machine.restore(devices());
      return machine;
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }
}
