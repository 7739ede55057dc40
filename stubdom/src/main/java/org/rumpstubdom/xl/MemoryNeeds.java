// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Memory of a guest's stub domain: a base that is enough for most, what this guest adds to it, and
 * why. The numbers follow from the shares the kernel gives (core/budget.h), which refuses to start
 * a device model with less than the smallest.
 *
 * @param smallestMib with less something of the guest does not work
 * @param needs what the guest has of everything that may take memory, in the order of the rules
 */
public record MemoryNeeds(int smallestMib, List<Need> needs) {
  /** What an ordinary stub domain gets, in MiB; libxl adds the guest's video memory. */
  public static final int BASE_MIB = 32;

  /** With less not even a plain QEMU starts. */
  public static final int LEAST_MIB = 16;

  /**
   * What takes memory.
   *
   * @param what of a guest
   * @param included how many of it the base is enough for
   * @param kib for each further one
   * @param mostKib for all of them: beyond that it would hardly show
   * @param required whether it does not work with less; else it works, but slower
   */
  public record Rule(String what, int included, int kib, int mostKib, boolean required) {
    private static final int NO_LIMIT = Integer.MAX_VALUE;
  }

  /** So that more of it stays mapped: each GiB is some 1000 places of QEMU's map cache. */
  public static final Rule GUEST_MEMORY =
      new Rule("GiB of guest memory", 2, 1024, 16 * 1024, false);

  /** So that a large screen leaves enough to the rest. */
  public static final Rule PICTURE = new Rule("picture", 0, 8192, Rule.NO_LIMIT, false);

  /** What an open disk takes at least; busy ones share more. */
  public static final Rule DISK = new Rule("disk", 4, 128, Rule.NO_LIMIT, true);

  /** Buffers of an open interface. */
  public static final Rule NIC = new Rule("network interface", 2, 560, Rule.NO_LIMIT, true);

  /** What QEMU and our kernel take, generously: most is the copy of its MSI-X table. */
  public static final Rule DEVICE = new Rule("device passed through", 8, 128, Rule.NO_LIMIT, true);

  /** What NetBSD's TCP/IP takes when it is busy, beside the buffers of its interface. */
  public static final Rule NETWORK =
      new Rule("network of the stub domain's own", 0, 8192, Rule.NO_LIMIT, true);

  /** All there are. */
  public static final List<Rule> RULES = List.of(GUEST_MEMORY, PICTURE, DISK, NIC, DEVICE, NETWORK);

  private static final int KIB = 1024;

  /** Of kernel and ramdisk, in KiB, which are not there to be given. */
  private static final int IMAGE = 9720;

  /** Kernel at the start, reserve, and the fewest places of the map cache, in KiB. */
  private static final int KERNEL = 140 + 1024 + 150;

  /** QEMU as it starts, in KiB. */
  private static final int PROGRAM = 12 * KIB;

  /** Stacks of a disk's request, in KiB, and how many one access of the guest starts. */
  private static final int STACK = 104;

  private static final int BURST = 32;

  /** What QEMU keeps of its own accord where disks have queues, in KiB. */
  private static final int COROUTINES = 1024;

  /** A picture of 640x480: our pixels, an update under way, and QEMU's VNC, in KiB. */
  private static final int SMALL_PICTURE = 2 * 1280 + 1300;

  /**
   * What a guest has.
   *
   * @param rule what it is about
   * @param what with its number, to be read by people
   * @param kib what it adds, 0 when the base is enough
   */
  public record Need(Rule rule, String what, int kib) {}

  /** Of the list a copy is kept. */
  public MemoryNeeds {
    needs = List.copyOf(needs);
  }

  /** What a guest's configuration asks for. */
  public static MemoryNeeds of(GuestConfiguration guest) {
    List<Need> needs = new ArrayList<>();
    long memory = Math.max(guest.memoryMib(), guest.number("maxmem").orElse(0));
    long beyond = Math.max(0, memory - (long) GUEST_MEMORY.included * KIB);
    long kib = Math.min(beyond * GUEST_MEMORY.kib / KIB, GUEST_MEMORY.mostKib);
    needs.add(new Need(GUEST_MEMORY, memory + " MiB of guest memory", (int) kib));
    boolean picture = guest.flag("vnc", true);
    int disks = guest.disks().size();
    int nics = guest.vifs().size();
    if (picture) {
      needs.add(new Need(PICTURE, "a picture", PICTURE.kib));
    }
    add(needs, DISK, disks, "disks");
    add(needs, NIC, nics, "network interfaces");
    int devices = guest.pciDevices().size();
    add(needs, DEVICE, devices, "devices passed through");
    int networks = StubNetwork.vif(guest).isPresent() ? 1 : 0;
    add(needs, NETWORK, networks, "networks");
    long smallest =
        IMAGE
            + KERNEL
            + PROGRAM
            + (manyCommands(guest) ? COROUTINES + BURST * STACK : STACK)
            // QEMU copies what the guest shows before anybody can say that it is too large.
            + (picture ? SMALL_PICTURE + videoMib(guest) * KIB : 0)
            + (long) disks * DISK.kib
            + (long) nics * NIC.kib
            + (long) networks * NETWORK.kib
            - videoMib(guest) * KIB;
    // Devices passed through were never tried with less than the base.
    long passed = (long) Math.max(0, devices - DEVICE.included) * DEVICE.kib;
    long least = devices > 0 ? BASE_MIB + inMib(passed) : LEAST_MIB;
    return new MemoryNeeds((int) Math.max(least, inMib(smallest)), needs);
  }

  private static long inMib(long kib) {
    return (kib + KIB - 1) / KIB;
  }

  /** What libxl adds to a stub domain's memory. */
  private static long videoMib(GuestConfiguration guest) {
    return guest.number("videoram").orElse(VideoCard.of(guest).defaultMib());
  }

  /** Whether it has disks that take many commands at once, each of which has a stack of QEMU's. */
  private static boolean manyCommands(GuestConfiguration guest) {
    boolean ahci = guest.string("hdtype").orElse("").equals("ahci");
    return guest.disks().stream().anyMatch(disk -> !disk.cdrom() && (ahci || disk.scsi()));
  }

  private static void add(List<Need> needs, Rule rule, int count, String many) {
    if (count > 0) {
      int kib = Math.max(0, count - rule.included) * rule.kib;
      needs.add(new Need(rule, count + " " + (count == 1 ? rule.what : many), kib));
    }
  }

  /** What the stub domain should get, in MiB, where the base is that of an image. */
  public int mib(int base) {
    return base + (int) inMib(needs.stream().mapToInt(Need::kib).sum());
  }

  /** Why it is more than the base, in one line; empty when it is not. */
  public String why() {
    return list(need -> need.kib > 0);
  }

  /** What does not work with less, in one line. */
  public String whySmallest() {
    return list(need -> need.rule.required);
  }

  private String list(Predicate<Need> which) {
    return needs.stream().filter(which).map(Need::what).collect(Collectors.joining(", "));
  }
}
