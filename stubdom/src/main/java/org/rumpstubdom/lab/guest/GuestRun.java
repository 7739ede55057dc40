// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestResult.Span;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.lab.host.DiskAccess;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LogTail;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.lab.root.PeerImage;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.Resources;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.Disk;
import org.rumpstubdom.xl.StubScreen;

/**
 * One guest's life in a booted host: xl create, follow, collect logs, destroy, look for what was
 * left behind. {@link GuestVerdict} judges it. The guest is created paused, so that its serial port
 * has a listener before its first instruction.
 */
public final class GuestRun {
  /**
   * With the counted clock, disks up to this much in all are copied into dom0's memory: while
   * everything waits for this computer's disk, the counted clock runs ahead from timer to timer, as
   * far as a slow disk lets it, and the toolstack's time limits pass. Changes that are to be kept
   * are copied back at the end.
   */
  private static final long MAX_COPIED_BYTES = 256L << 20;

  private static final String COPY_DISK =
      """
      dd if="$1" of="$2" bs=1M 2>/dev/null && /usr/sbin/losetup --find --show $3 "$2"
      """;

  private static final String COPY_BACK = "dd if=\"$1\" of=\"$2\" bs=1M conv=fsync 2>/dev/null";

  /** Where dom0's tools keep theirs. */
  private static final String LOGS = "/var/log/xen";

  /**
   * How long the follower of the serial port, on dom0's clock, waits for the device model's end
   * when xl has ended. A guest that xl was told to preserve keeps its device model.
   */
  private static final String LAST_OUTPUT_SECONDS = "5";

  private static final int SIGKILL = 9;

  private static final int SIGTERM = 15;

  /**
   * With the counted clock, guests are created at multiples of this on the host's clock. The
   * hypervisor lets the emulated PC timer tick at multiples of its period, 65536 / 1193182 s, of
   * the host's clock, too: firmware that waits for a tick waits equally long in each run when both
   * grids fit. 92 s are 1675 periods but for 0.06 ms; idle time costs next to nothing.
   */
  private static final String START_GRID_SECONDS = "92";

  private static final RemoteCommand.Listener IGNORE = (error, data, nanos) -> {};

  private final Lab lab;
  private final GuestPlan plan;
  private final Progress progress;
  private final Dom0 dom0;
  private final String name;
  private final String directory;
  private final GuestTrace trace;
  private final Camera camera;
  private final Map<Phase, Span> phases = new EnumMap<>(Phase.class);
  private final Map<String, GuestResult.Domain> domains = new TreeMap<>();
  private final Map<String, Long> sizes = new LinkedHashMap<>();
  private final Map<String, String> storage = new TreeMap<>();
  private String configuration = "";
  private final Map<String, String> copiesToKeep = new LinkedHashMap<>();
  private long copiedBytes;

  /** Prepares a run. */
  public GuestRun(Lab lab, GuestPlan plan, Progress progress) {
    this.lab = lab;
    this.plan = plan;
    this.progress = progress;
    this.dom0 = lab.dom0();
    this.name = plan.guest().name();
    this.directory = "/run/guest" + lab.nextRun();
    this.trace = new GuestTrace(new SerialFollower(plan.until(), plan.replies()));
    this.camera = new Camera(plan.pictures(), dom0, plan.model(), name, directory);
  }

  /** A look at the guest before it is taken down; see {@link #run}. */
  @FunctionalInterface
  public interface Visitor {
    /** Called when the verdict has fallen and everything is still there. */
    void visit() throws IOException;
  }

  /**
   * Runs the guest.
   *
   * @param logs the directory all logs go to; null to keep none
   * @param visitor sees the host before the guest is destroyed
   * @throws IOException when the emulated host ended
   */
  public GuestResult run(Path logs, Visitor visitor) throws IOException {
    GuestVerdict verdict;
    List<String> deviceModelLog;
    try (Progress.Step step = progress.begin("run " + name + " (" + words(plan.model()) + ")")) {
      try {
        dom0.sh(
            "rm -f \"$1\"/*.log \"$1\"/screen.ppm; rm -rf \"$2\"; mkdir -p \"$2\"",
            LOGS,
            directory);
        prepare();
        verdict = live();
        camera.finish(progress);
        visitor.visit();
        deviceModelLog = LogTail.of(dom0.execute("cat", deviceModelLogPath()).output());
        verdict = collect(logs, verdict);
      } catch (IOException | StubdomException e) {
        leave(e);
        throw e;
      }
      String left = takeDown();
      if (!left.isEmpty() && verdict.status() == Status.PASS) {
        verdict = GuestVerdict.fail("left behind after its end: " + left);
      }
      if (verdict.status() == Status.PASS) {
        step.done(verdict.reason());
      }
    }
    return new GuestResult(
        name,
        plan.guest().file(),
        lab.options().suite(),
        plan.model(),
        verdict.status(),
        verdict.reason(),
        verdict.timedOut(),
        phases,
        domains,
        sizes,
        storage,
        trace.serial(),
        deviceModelLog,
        trace.measured().plain().lines().toList());
  }

  private static String words(DeviceModel model) {
    return switch (model) {
      case DOM0 -> "QEMU in dom0";
      case LINUX -> "Linux stub domain";
      case STUBDOM -> "our stub domain";
    };
  }

  private String deviceModelLogPath() {
    return LOGS + "/qemu-dm-" + name + ".log";
  }

  private void prepare() throws IOException {
    for (String bridge : plan.bridges()) {
      lab.bridge(bridge);
    }
    for (String address : plan.pciAddresses()) {
      // What `stubdom config` tells the host's administrator to do.
      dom0.sh("echo \"$1\" >/sys/bus/pci/drivers/pciback/allow_interrupt_control", address);
    }
    if (plan.measurement().program() != null) {
      dom0.push(plan.measurement().program(), GuestPlan.Measurement.PROGRAM);
      dom0.run("chmod", "+x", GuestPlan.Measurement.PROGRAM);
    }
    HostConfiguration host = new HostConfiguration(plan.guest());
    List<Disk> disks = plan.guest().disks();
    List<String> devices = new ArrayList<>();
    for (Disk disk : disks) {
      devices.add(disk.path() == null ? "" : device(disk));
    }
    host.disks(disks, devices);
    if (plan.pictures() != null) {
      host.withScreen();
    }
    switch (plan.model()) {
      case DOM0 -> host.deviceModelInDom0();
      case LINUX -> {
        Path kernel = lab.root().kernel();
        Path ramdisk = lab.root().peerRamdisk();
        host.stubDomain(
            image("kernel", kernel),
            image("ramdisk", ramdisk),
            plan.stubDomainMemoryMib(),
            PeerImage.COMMAND_LINE);
        host.tellDom0(PeerImage.DOM0_ARGUMENTS);
      }
      case STUBDOM -> {
        ImageDirectory image = plan.image();
        String own = plan.guest().string("stubdomain_cmdline").orElse("");
        host.stubDomain(
            image("kernel", image.kernel()),
            image("ramdisk", image.ramdisk()),
            plan.stubDomainMemoryMib(),
            own);
        host.tellDom0(StubScreen.missing(plan.guest()));
      }
    }
    configuration = host.toString();
    dom0.push(configuration.getBytes(StandardCharsets.UTF_8), directory + "/guest.cfg");
  }

  private String image(String role, Path file) throws IOException {
    sizes.put(role, Files.size(file));
    return lab.keepInDom0(file);
  }

  private boolean counted() {
    return lab.options().clock() == LabClock.COUNTED;
  }

  /** The disk's device node in dom0. */
  private String device(Disk disk) throws IOException {
    DiskAccess access = access(disk);
    Lab.DomainDisk attached = lab.attachDisk(disk.path(), qemuFormat(disk.format()), access);
    boolean copy = counted() && copiedBytes + attached.bytes() <= MAX_COPIED_BYTES;
    storage.put(disk.vdev(), copy ? "memory" : "device");
    if (!copy) {
      return attached.node();
    }
    copiedBytes += attached.bytes();
    String readOnly = access == DiskAccess.READ_ONLY ? "--read-only" : "";
    String file = directory + "/" + disk.vdev();
    String device = dom0.sh(COPY_DISK, attached.node(), file, readOnly).strip();
    if (access == DiskAccess.WRITTEN) {
      copiesToKeep.put(file, attached.node());
    }
    return device;
  }

  private static String qemuFormat(String xlFormat) {
    return xlFormat.equals("vhd") ? "vpc" : xlFormat;
  }

  private DiskAccess access(Disk disk) {
    if (!disk.writable()) {
      return DiskAccess.READ_ONLY;
    }
    return plan.keepChanges() ? DiskAccess.WRITTEN : DiskAccess.DISCARDED;
  }

  /**
   * Creates and follows the guest. The xl process that created it stays to handle restarts and ends
   * when the guest has come to its end. All steps are handed to dom0 at once, each starting when
   * the one before says so.
   */
  private GuestVerdict live() throws IOException {
    SerialFollower serial = trace.serial();
    RemoteCommand xl =
        dom0.start(
            List.of(
                "/lab/agent",
                "at-multiple",
                counted() ? START_GRID_SECONDS : "1",
                "xl",
                "-vvv",
                "create",
                "-F",
                "-p",
                directory + "/guest.cfg"),
            (error, data, nanos) -> trace.create().accept(data, nanos));
    CompletableFuture<RemoteCommand> self = new CompletableFuture<>();
    RemoteCommand port =
        dom0.startAfter(
            xl,
            "\n" + GuestTrace.UP,
            List.of("sh", "-c", program("follow-serial"), "follow-serial", name),
            (error, data, nanos) -> {
              if (error) {
                trace.port().accept(data, nanos);
              } else {
                type(self, serial.accept(data, nanos));
              }
            });
    self.complete(port);
    RemoteCommand timer =
        dom0.startAfter(
            port,
            GuestTrace.READY,
            List.of("sleep", Long.toString(plan.limit().toSeconds())),
            IGNORE);
    RemoteCommand unpause =
        dom0.startAfter(
            port,
            GuestTrace.READY,
            List.of("sh", "-c", program("unpause"), "unpause", name, counter()),
            (error, data, nanos) -> trace.unpause().accept(data, nanos));
    camera.startAfter(port, GuestTrace.READY);
    List<RemoteCommand> measuring = new ArrayList<>();
    for (GuestPlan.Command command : plan.measurement().commands()) {
      measuring.add(
          dom0.startAfter(
              port,
              command.when(),
              command.argv(),
              (error, data, nanos) -> trace.measured().accept(data, nanos)));
    }
    try {
      CompletableFuture<?> failed = unpause.end().thenCompose(GuestRun::onlyFailure);
      await(CompletableFuture.anyOf(serial.match(), xl.end(), timer.end(), failed));
      long decidedWall = System.nanoTime();
      if (xl.end().isDone() && !serial.match().isDone()) {
        // What the guest wrote last may still be on its way: it is all there at the follower's end.
        port.signal(SIGTERM);
        RemoteCommand pause = dom0.start(List.of("sleep", LAST_OUTPUT_SECONDS), IGNORE);
        await(CompletableFuture.anyOf(serial.match(), port.end(), pause.end()));
      }
      if (serial.match().isDone()) {
        // The guest has said all that they wait for.
        await(
            CompletableFuture.allOf(
                measuring.stream().map(RemoteCommand::end).toArray(CompletableFuture[]::new)));
      }
      boolean ended = xl.end().isDone();
      measure(ended, decidedWall);
      OptionalInt unpaused =
          unpause.end().isDone()
              ? OptionalInt.of(unpause.end().join().status())
              : OptionalInt.empty();
      return GuestVerdict.of(
          plan, trace, new GuestVerdict.Standing(ended, unpaused, timer.end().isDone()));
    } finally {
      if (lab.isAlive()) {
        port.signal(SIGKILL);
        timer.signal(SIGKILL);
        camera.stop();
        for (RemoteCommand command : measuring) {
          command.signal(SIGKILL);
        }
      }
    }
  }

  /** How the stub domain reads the time-stamp counter, in the word of the program "unpause". */
  private String counter() {
    boolean stub = plan.model() != DeviceModel.DOM0;
    return stub && plan.measurement().nativeCounter() ? "native" : "default";
  }

  /** Types on the channel's thread: the few bytes fit into the connection's buffer. */
  private static void type(CompletableFuture<RemoteCommand> port, String text) {
    if (!text.isEmpty()) {
      byte[] keys = text.getBytes(StandardCharsets.UTF_8);
      try {
        port.join().input(keys, keys.length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void measure(boolean ended, long decidedWall) throws IOException {
    phases.putAll(GuestMeasures.phases(trace, ended, decidedWall));
    domains.putAll(GuestMeasures.domains(name, trace.port().plain()));
    if (trace.match() != GuestTrace.NEVER) {
      // The guest is there still: what it uses at its verdict, not at its beginning.
      domains.putAll(GuestMeasures.domains(name, dom0.run("xl", "list")));
    }
  }

  /** Completes only when the command failed. */
  private static CompletableFuture<RemoteCommand.End> onlyFailure(RemoteCommand.End end) {
    return end.status() == 0 ? new CompletableFuture<>() : CompletableFuture.completedFuture(end);
  }

  /** Waits for the first of several, or until too much of this computer's time has passed. */
  private void await(CompletableFuture<?> first) throws IOException {
    try {
      first.get(plan.wallLimit().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // The verdict says so.
      return;
    } catch (ExecutionException e) {
      throw RemoteCommand.failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Leaves the host to the next guest after a failure that is not this guest's end. */
  private void leave(Exception failure) {
    boolean stuck =
        failure instanceof StubdomException known && known.exitCode() == ExitCode.TIMEOUT;
    if (!lab.isAlive() || stuck) {
      return;
    }
    try {
      takeDown();
    } catch (IOException | StubdomException e) {
      failure.addSuppressed(e);
    }
  }

  /** Writes the logs; that they cannot be written is worse than any verdict but an error. */
  private GuestVerdict collect(Path logs, GuestVerdict verdict) throws IOException {
    if (logs == null) {
      return verdict;
    }
    try {
      collect(logs);
      return verdict;
    } catch (IOException e) {
      if (!lab.isAlive()) {
        throw e;
      }
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      return new GuestVerdict(
          Status.ERROR, verdict.reason() + "; its logs cannot be written: " + why, false);
    }
  }

  private void collect(Path logs) throws IOException {
    GuestLogs collected = new GuestLogs(logs);
    collected.text("guest.cfg", configuration);
    collected.bytes("serial.log", trace.serial().raw());
    collected.text("xl-create.log", trace.create().text());
    collected.text("xl-unpause.log", trace.unpause().text());
    collected.text("serial-port.log", trace.port().text());
    collected.text("hypervisor.log", lab.hypervisorLog());
    collected.text("xenstore.txt", dom0.execute("xenstore-ls", "-fp").output());
    screen();
    collected.directory(dom0, LOGS);
  }

  /**
   * Has the screen of a guest that still runs kept among the logs. Of a guest with a stub domain
   * QEMU in dom0 has it as the stub domain's, and only with vnc = 1; what cannot be is left out.
   */
  private void screen() throws IOException {
    String domain = plan.model() == DeviceModel.DOM0 ? name : name + "-dm";
    dom0.execute("xl", "qemu-monitor-command", domain, "screendump " + LOGS + "/screen.ppm");
  }

  /** Destroys the guest; returns what is left of it. */
  private String takeDown() throws IOException {
    if (!plan.pciAddresses().isEmpty()) {
      dom0.sh(program("await-end"), name);
    }
    dom0.execute("xl", "destroy", name);
    if (plan.keepChanges()) {
      // QEMU in dom0 leaves what it was told to write to the kernel's cache.
      dom0.run("sync");
      for (Map.Entry<String, String> copy : copiesToKeep.entrySet()) {
        dom0.sh(COPY_BACK, copy.getKey(), copy.getValue());
      }
    }
    String left = dom0.sh(program("leftovers")).strip().replace("\n", ", ");
    dom0.sh(program("remove"), directory);
    return left;
  }

  /** One of the shell programs beside this class. */
  private static String program(String name) {
    return Resources.text(GuestRun.class, name);
  }
}
