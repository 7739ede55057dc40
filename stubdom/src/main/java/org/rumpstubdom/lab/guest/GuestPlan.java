// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.lab.root.PeerImage;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;
import org.rumpstubdom.xl.MemoryNeeds;
import org.rumpstubdom.xl.PciDevice;
import org.rumpstubdom.xl.StubdomKeys;
import org.rumpstubdom.xl.Vif;

/**
 * A guest to be run.
 *
 * @param guest its configuration, checked
 * @param model whose device model serves it
 * @param image our image, for our device model; null otherwise
 * @param until success when the serial output has it; null: success when the guest powers off
 * @param limit how long it may take from its start, on the emulated host's clock
 * @param keepChanges whether writes to its disks reach the user's files
 * @param replies what to type on its serial port
 * @param pictures which pictures of its screen are kept; null for none
 * @param measurement what is done beside it when it is run to be measured
 */
public record GuestPlan(
    GuestConfiguration guest,
    DeviceModel model,
    ImageDirectory image,
    Pattern until,
    Duration limit,
    boolean keepChanges,
    List<Reply> replies,
    Pictures pictures,
    Measurement measurement) {
  /** The bridge the toolstack takes when an interface names none. */
  private static final String DEFAULT_BRIDGE = "xenbr0";

  /**
   * Something to type when the guest asks for it.
   *
   * @param when what the guest writes
   * @param text what is typed, once; $1 and so on stand for the pattern's groups
   */
  public record Reply(Pattern when, String text) {}

  /**
   * Which pictures of a guest's screen are wanted.
   *
   * @param file the last one, as NAME.png; with an interval NAME-0001.png and so on come before it
   * @param everySeconds how often, on the emulated host's clock; 0: only when the verdict falls
   */
  public record Pictures(Path file, int everySeconds) {}

  /**
   * What a measurement asks of dom0.
   *
   * @param nativeCounter whether the stub domain reads the time-stamp counter without a trap, as on
   *     a processor whose counter is invariant; the emulated one's is not, and Xen then traps each
   *     read of every domain but dom0's
   * @param memoryMib memory of the stub domain, whoever's it is; 0: as without a measurement
   * @param commands what dom0 does meanwhile
   * @param program an executable that the commands call in dom0 as {@link #PROGRAM}; null for none
   */
  public record Measurement(
      boolean nativeCounter, int memoryMib, List<Command> commands, Path program) {
    /** Nothing: the guest is not measured. */
    public static final Measurement NONE = new Measurement(false, 0, List.of(), null);

    /** Where dom0 has the program. */
    public static final String PROGRAM = "/run/measure";
  }

  /**
   * Something dom0 does by itself when the guest says so, in the same moment of its clock each
   * time.
   *
   * @param when a text of at most 60 bytes in the guest's serial output
   * @param argv program and arguments; what it writes is {@link GuestResult#measured}
   */
  public record Command(String when, List<String> argv) {}

  /** A guest of whose screen no picture is kept, and that is not measured. */
  public GuestPlan(
      GuestConfiguration guest,
      DeviceModel model,
      ImageDirectory image,
      Pattern until,
      Duration limit,
      boolean keepChanges,
      List<Reply> replies) {
    this(guest, model, image, until, limit, keepChanges, replies, null, Measurement.NONE);
  }

  /** The same with pictures of its screen. */
  public GuestPlan with(Pictures wanted) {
    return new GuestPlan(
        guest, model, image, until, limit, keepChanges, replies, wanted, measurement);
  }

  /** The same, measured. */
  public GuestPlan with(Measurement wanted) {
    return new GuestPlan(guest, model, image, until, limit, keepChanges, replies, pictures, wanted);
  }

  /**
   * Memory of a stub domain's video adapter and of the hypervisor's records of a domain, in MiB.
   */
  private static final int DOMAIN_OVERHEAD_MIB = 32;

  /** Wall time a run may take for each second of the emulated host's clock it is allowed. */
  private static final int WALL_FACTOR = 10;

  private static final Duration LEAST_WALL_LIMIT = Duration.ofMinutes(3);

  /** How long it may take on this computer's clock, for when the emulated host does not get on. */
  Duration wallLimit() {
    Duration wall = limit.multipliedBy(WALL_FACTOR);
    return wall.compareTo(LEAST_WALL_LIMIT) < 0 ? LEAST_WALL_LIMIT : wall;
  }

  /** Memory all its domains need, in MiB. */
  public int memoryMib() {
    long own = Math.max(guest.memoryMib(), guest.number("maxmem").orElse(0));
    int stub = model == DeviceModel.DOM0 ? 0 : stubDomainMemoryMib() + DOMAIN_OVERHEAD_MIB;
    return Math.toIntExact(own) + stub + DOMAIN_OVERHEAD_MIB;
  }

  /** Memory of the stub domain: of one of ours, the guest's own setting counts first. */
  int stubDomainMemoryMib() {
    if (measurement.memoryMib() > 0) {
      return measurement.memoryMib();
    }
    if (model == DeviceModel.LINUX) {
      return PeerImage.MEMORY_MIB;
    }
    Integer own = StubdomKeys.memoryMib(guest);
    return own == null ? MemoryNeeds.of(guest).mib(image.memoryMib()) : own;
  }

  /** Addresses in dom0 of the devices passed through to it, each function's by itself. */
  public Set<String> pciAddresses() {
    Set<String> addresses = new TreeSet<>();
    for (PciDevice device : guest.pciDevices()) {
      // The lab's devices have one function each.
      addresses.add(device.address().replace("*", "0"));
    }
    return addresses;
  }

  /** The bridges its interfaces are on. */
  Set<String> bridges() {
    Set<String> bridges = new TreeSet<>();
    for (Vif vif : guest.vifs()) {
      bridges.add(vif.bridge().isEmpty() ? DEFAULT_BRIDGE : vif.bridge());
    }
    return bridges;
  }
}
