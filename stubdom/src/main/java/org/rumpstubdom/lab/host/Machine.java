// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.lab.root.LabEmulator;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.FullDisk;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;

/**
 * The emulator's process with the Xen host in it. Closing it kills the process.
 *
 * <p>KVM is never used, even where it exists: times would not be repeatable, and the hypervisor
 * needs the emulated processor's virtualisation.
 */
final class Machine implements AutoCloseable {
  private static final long CONTROLLER_TARGETS = 255;
  private static final Duration RESTORE_LIMIT = Duration.ofMinutes(2);

  /** What the emulator says when it ends because of the state it was to read. */
  private static final String REFUSED_STATE = "load of migration failed";

  /** The answer when there is memory at that address. */
  private static final Pattern HOST_ADDRESS = Pattern.compile(" is 0x([0-9a-f]+)\\s*$");

  private final Path directory;
  private final Command.Running process;
  private final HostSocket monitorSocket;
  private final HostSocket agentSocket;
  private final Qmp qmp;
  private final AgentChannel agent;
  private final Map<String, Path> places = new ConcurrentHashMap<>();
  private volatile String endReason = "";
  private int disks;

  /** Where the machine's memory is kept and what is done to it. */
  enum Memory {
    /** Writes reach the file: for a state that is going to be saved. */
    WRITTEN,
    /** The file is only read; changes stay with the process. */
    COPIED
  }

  /**
   * What the emulator is started with.
   *
   * @param options the kind of host
   * @param root what it boots from
   * @param emulator the program
   * @param memoryFile holds the machine's memory; null for memory of the process alone
   * @param memory how the file is used
   * @param waits whether the machine waits for a saved state instead of booting
   */
  record Plan(
      LabOptions options,
      LabRoot root,
      LabEmulator emulator,
      Path memoryFile,
      Memory memory,
      boolean waits) {}

  /**
   * Starts the emulator; returns when its control connections are up.
   *
   * @param directory a private directory for sockets and logs, with a short name
   */
  static Machine start(Plan plan, Path directory) throws IOException {
    HostSocket monitor = new HostSocket(directory.resolve("monitor"));
    try {
      HostSocket agent = new HostSocket(directory.resolve("agent"));
      try {
        return start(plan, directory, monitor, agent);
      } catch (IOException | RuntimeException e) {
        agent.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      monitor.close();
      throw e;
    }
  }

  private static Machine start(Plan plan, Path directory, HostSocket monitor, HostSocket agent)
      throws IOException {
    // The multiboot module list is split at blanks and commas: short links keep odd paths out.
    link(directory.resolve("xen"), plan.root().hypervisor());
    link(directory.resolve("vmlinuz"), plan.root().kernel());
    link(directory.resolve("dom0.cpio"), plan.root().initramfs());
    plan.options().pci().makeFiles(directory);
    List<String> arguments = new ArrayList<>(plan.emulator().command());
    arguments.addAll(deviceArguments(plan.options()));
    arguments.addAll(memoryArguments(plan));
    arguments.addAll(List.of("-serial", "file:hypervisor.log"));
    if (plan.waits()) {
      arguments.addAll(List.of("-incoming", "defer"));
    }
    Command command =
        Command.of(arguments)
            .in(directory)
            .log(directory.resolve("emulator.log"))
            .env("TMPDIR", directory.toString())
            .describe("the emulator")
            .failsWith(ExitCode.TEST);
    plan.emulator().environment().forEach(command::env);
    Command.Running process = command.start();
    try {
      monitor.connect(process::isAlive);
      agent.connect(process::isAlive);
      return new Machine(directory, process, monitor, agent);
    } catch (IOException e) {
      process.close();
      if (FullDisk.isAt(directory)) {
        throw FullDisk.failure(directory.toString());
      }
      throw failure(process, "did not start", e);
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
  }

  private Machine(Path directory, Command.Running process, HostSocket monitor, HostSocket agent)
      throws IOException {
    this.directory = directory;
    this.process = process;
    this.monitorSocket = monitor;
    this.agentSocket = agent;
    this.qmp = new Qmp(monitor, this::event);
    this.agent = new AgentChannel(agent);
  }

  /**
   * Ends the machine when there is no room for what it writes to a disk: it would stand still until
   * somebody makes room and tells it to go on.
   */
  private void event(JsonObject event) {
    if (!event.get("event").getAsString().equals("BLOCK_IO_ERROR")) {
      return;
    }
    JsonObject error = event.getAsJsonObject("data");
    if (error.get("action").getAsString().equals("stop")) {
      JsonElement node = error.get("node-name");
      Path place = node == null ? null : places.get(node.getAsString());
      endReason = "no space left for " + (place == null ? "a disk's changes" : place);
      process.close();
    }
  }

  /** Why we ended the machine ourselves; empty when we did not. */
  String endReason() {
    return endReason;
  }

  /** Deletes what guests wrote to disks whose changes are not kept, in a machine that has ended. */
  void dropChanges() throws IOException {
    for (Path place : places.values()) {
      if (place.startsWith(directory)) {
        Files.deleteIfExists(place);
      }
    }
  }

  private static StubdomException failure(
      Command.Running process, String what, IOException problem) {
    return new StubdomException(
        ExitCode.TEST,
        "the emulator",
        what + ": " + lastWords(process, problem),
        "see its messages above",
        process.lastLines(),
        problem);
  }

  private static String lastWords(Command.Running process, IOException problem) {
    List<String> lines = process.lastLines();
    return lines.isEmpty() ? problem.getMessage() : lines.get(lines.size() - 1);
  }

  private static void link(Path link, Path target) throws IOException {
    Files.createSymbolicLink(link, target.toAbsolutePath());
  }

  /**
   * The machine: everything a saved state depends on. Settings that matter: no speculation
   * work-arounds (they cost much and protect nobody here), a fixed dom0 memory (no ballooning), no
   * scrubbing of fresh memory, end of the process when the machine resets.
   */
  private static List<String> deviceArguments(LabOptions options) {
    String date = options.clock() == LabClock.COUNTED ? "2026-01-01T00:00:00" : "utc";
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("-nodefaults", "-no-user-config", "-no-reboot"));
    arguments.addAll(List.of("-machine", "q35,memory-backend=ram,usb=off,sata=off,smbus=off"));
    arguments.addAll(List.of("-cpu", "qemu64,+svm,+npt"));
    arguments.addAll(options.clock().arguments());
    arguments.addAll(List.of("-smp", "1", "-m", Integer.toString(options.memoryMib())));
    arguments.addAll(List.of("-display", "none", "-vga", "none", "-rtc", "clock=vm,base=" + date));
    arguments.addAll(List.of("-kernel", "xen"));
    arguments.addAll(List.of("-append", hypervisorArguments(options)));
    arguments.addAll(
        List.of("-initrd", "vmlinuz console=hvc0 quiet mitigations=off panic=1,dom0.cpio"));
    arguments.addAll(List.of("-chardev", "socket,id=monitor,path=monitor"));
    arguments.addAll(List.of("-mon", "chardev=monitor,mode=control"));
    arguments.addAll(List.of("-chardev", "socket,id=agent,path=agent"));
    // Without ioeventfd a request is taken up at the instruction that makes it, and not whenever
    // another thread of the emulator gets to it.
    arguments.addAll(List.of("-device", "virtio-serial-pci,ioeventfd=off"));
    arguments.addAll(List.of("-device", "virtserialport,chardev=agent,name=stubdom.control"));
    // Disks come and go on this controller while the machine runs, without PCI hot-plug.
    arguments.addAll(List.of("-device", "virtio-scsi-pci,id=disks,ioeventfd=off"));
    arguments.addAll(options.pci().emulatorArguments());
    return arguments;
  }

  private static String hypervisorArguments(LabOptions options) {
    int dom0 = LabOptions.DOM0_MEMORY_MIB;
    return "dom0_mem=%dM,max:%dM console=com1 com1=115200,8n1 loglvl=info".formatted(dom0, dom0)
        + " guest_loglvl=all spec-ctrl=no bootscrub=0"
        + (options.l1tf() ? " pv-l1tf=domu" : "")
        + options.pci().hypervisorArguments();
  }

  private static List<String> memoryArguments(Plan plan) {
    String size = plan.options().memoryMib() + "M";
    if (plan.memoryFile() == null) {
      return List.of("-object", "memory-backend-ram,id=ram,size=" + size);
    }
    String file = plan.memoryFile().toString().replace(",", ",,");
    String share = plan.memory() == Memory.WRITTEN ? "on" : "off";
    return List.of(
        "-object",
        "memory-backend-file,id=ram,size=" + size + ",mem-path=" + file + ",share=" + share);
  }

  /** Hash of all that a saved state of such a machine depends on, the emulator included. */
  static String stateKey(LabOptions options, LabRoot root, LabEmulator emulator) {
    return Hashing.key()
        .add("emulator", emulator.version())
        .add("machine", String.join("\n", deviceArguments(options)))
        .add("root", root.key())
        .hex();
  }

  AgentChannel agent() {
    return agent;
  }

  boolean isAlive() {
    return process.isAlive() && !agent.isBroken();
  }

  /** What the hypervisor and dom0's kernel print. */
  Path hypervisorLog() {
    return directory.resolve("hypervisor.log");
  }

  /** The emulator's own messages. */
  Path emulatorLog() {
    return directory.resolve("emulator.log");
  }

  /**
   * Waits until dom0 is up, for a machine that boots.
   *
   * @return dom0's clock in nanoseconds
   */
  long awaitBoot(Duration limit) throws IOException {
    String problem = "did not come up";
    try {
      long nanos = agent.awaitReady(limit.toMillis());
      if (nanos >= 0) {
        return nanos;
      }
    } catch (IOException e) {
      problem = problem + " (" + e.getMessage() + ")";
    }
    List<String> tail = new ArrayList<>(process.lastLines());
    tail.addAll(LogTail.of(hypervisorLog()));
    throw new StubdomException(
        ExitCode.TEST, "the emulated host", problem, "see its messages above", tail, null);
  }

  /** Stops the machine and writes its state, except memory, which is in the memory file. */
  void save(Path state) throws IOException {
    qmp.execute("stop", Map.of());
    qmp.save("exec:cat >" + quoted(state));
  }

  /**
   * Reads the state of {@link #save} and lets the machine run on.
   *
   * @throws UnfitStateException when it is the state that does not work
   * @throws StubdomException (5) when the emulator ends for another reason
   */
  void restore(Path state) throws IOException {
    try {
      qmp.restore("exec:cat <" + quoted(state));
      qmp.execute("cont", Map.of());
      agent.hello();
      if (agent.awaitReady(RESTORE_LIMIT.toMillis()) < 0) {
        throw new UnfitStateException("dom0 does not answer", null);
      }
    } catch (Qmp.Refused e) {
      throw new UnfitStateException(e.getMessage(), e);
    } catch (UnfitStateException e) {
      throw e;
    } catch (IOException e) {
      // Its last words were said before it closed the connection; they are all in when it is gone.
      process.close();
      process.await();
      if (process.lastLines().stream().anyMatch(line -> line.contains(REFUSED_STATE))) {
        throw new UnfitStateException(lastWords(process, e), e);
      }
      throw failure(process, "ended", e);
    }
  }

  private static String quoted(Path path) {
    return "'" + path.toString().replace("'", "'\\''") + "'";
  }

  /** A disk of the machine, by its place on the controller. */
  record Disk(int target, long bytes) {}

  /**
   * Plugs in a disk. The image is used where it is.
   *
   * @param image a disk image, or a block device
   * @param format its format, in QEMU's words
   * @param access what happens to writes
   * @throws StubdomException (3) when the emulator cannot open it, or has no room for its changes
   */
  Disk attach(Path image, String format, DiskAccess access) throws IOException {
    int target = disks++;
    if (target > CONTROLLER_TARGETS) {
      throw StubdomException.input(image.toString(), "more than 256 disks", "use fewer");
    }
    String name = "disk" + target;
    try {
      boolean readOnly = access != DiskAccess.WRITTEN;
      JsonObject node =
          Json.object(Map.of("node-name", name, "driver", format, "read-only", readOnly));
      node.add("file", fileNode(image, readOnly));
      qmp.execute("blockdev-add", node);
      long bytes = virtualSize(name);
      places.put(name, image);
      String top = access == DiskAccess.DISCARDED ? overlay(name, bytes) : name;
      qmp.execute(
          "device_add",
          Map.of(
              "driver", "scsi-hd", "id", name, "bus", "disks.0", "scsi-id", target, "lun", 0,
              "drive", top));
      return new Disk(target, bytes);
    } catch (Qmp.Refused e) {
      if (FullDisk.isNamedIn(e.getMessage())) {
        throw FullDisk.failure(directory.toString());
      }
      throw new StubdomException(
          ExitCode.INPUT, image.toString(), e.getMessage(), "", List.of(), e);
    }
  }

  private static JsonObject fileNode(Path image, boolean readOnly) {
    String driver = Files.isRegularFile(image) ? "file" : "host_device";
    JsonObject file =
        Json.object(Map.of("driver", driver, "filename", image.toString(), "read-only", readOnly));
    if (readOnly) {
      // Others may have it open too; what they write meanwhile is their affair.
      file.addProperty("locking", "off");
    }
    return file;
  }

  /** Puts a layer of our own over an image, which takes all writes and goes with the machine. */
  private String overlay(String base, long bytes) throws IOException {
    String name = base + "-changes";
    Path file = directory.resolve(name);
    String filename = file.toString();
    places.put(name, file);
    qmp.createImage(Json.object(Map.of("driver", "file", "filename", filename, "size", 0)));
    qmp.execute(
        "blockdev-add",
        Map.of("driver", "file", "node-name", name + "-file", "filename", filename));
    qmp.createImage(Json.object(Map.of("driver", "qcow2", "file", name + "-file", "size", bytes)));
    qmp.execute(
        "blockdev-add",
        Map.of("driver", "qcow2", "node-name", name, "file", name + "-file", "backing", base));
    return name;
  }

  private long virtualSize(String name) throws IOException {
    for (JsonElement element :
        qmp.execute("query-named-block-nodes", Map.of("flat", true)).getAsJsonArray()) {
      JsonObject node = element.getAsJsonObject();
      if (node.get("node-name").getAsString().equals(name)) {
        return node.getAsJsonObject("image").get("virtual-size").getAsLong();
      }
    }
    throw new IOException("the emulator lost the disk " + name);
  }

  /** Presses and lets go of a key, named as in QEMU's QKeyCode, on the machine's keyboard. */
  void pressKey(String key) throws IOException {
    JsonObject arguments = new JsonObject();
    arguments.add("keys", Json.array(Json.object(Map.of("type", "qcode", "data", key))));
    qmp.execute("send-key", arguments);
  }

  /** Where the emulator has a byte of the machine's memory in its own; empty where none is. */
  OptionalLong hostAddress(long physical) throws IOException {
    String command = "gpa2hva 0x" + Long.toHexString(physical);
    String answer =
        qmp.execute("human-monitor-command", Map.of("command-line", command)).getAsString();
    Matcher matcher = HOST_ADDRESS.matcher(answer);
    return matcher.find()
        ? OptionalLong.of(Long.parseUnsignedLong(matcher.group(1), 16))
        : OptionalLong.empty();
  }

  /** Ends the emulator in order, so that what guests wrote to their disks is in the files. */
  void quit() throws IOException {
    try {
      qmp.execute("quit", Map.of());
    } catch (IOException e) {
      // It may close the connection before it has answered; that it ends is what counts.
    }
    process.await();
  }

  @Override
  public void close() {
    process.close();
    try {
      monitorSocket.close();
      agentSocket.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
