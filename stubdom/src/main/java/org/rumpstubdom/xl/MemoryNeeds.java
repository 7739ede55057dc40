// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Memory of a guest's stub domain: a base that is enough for most, what this guest adds to it, and
 * why. The numbers follow from the shares the kernel gives (core/budget.h).
 *
 * @param smallestBase what there must be before anything is added, in MiB
 * @param needs what the guest has of everything that may take memory, in the order of the rules
 */
public record MemoryNeeds(int smallestBase, List<Need> needs) {
  /** What an ordinary stub domain gets, in MiB; libxl adds the guest's video memory. */
  public static final int BASE_MIB = 32;

  /** With less not even a plain QEMU starts. It is enough for IDE disks, which take one command. */
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

  /** What an open disk takes at least; busy ones share more. */
  public static final Rule DISK = new Rule("disk", 4, 128, Rule.NO_LIMIT, true);

  /** Buffers of an open interface. */
  public static final Rule NIC = new Rule("network interface", 2, 560, Rule.NO_LIMIT, true);

  /** What QEMU and our kernel take, generously: most is the copy of its MSI-X table. */
  public static final Rule DEVICE = new Rule("device passed through", 8, 128, Rule.NO_LIMIT, true);

  /** All there are. */
  public static final List<Rule> RULES = List.of(GUEST_MEMORY, DISK, NIC, DEVICE);

  private static final int KIB = 1024;

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
    add(needs, DISK, guest.disks().size(), "disks");
    add(needs, NIC, guest.vifs().size(), "network interfaces");
    int devices = guest.pciDevices().size();
    add(needs, DEVICE, devices, "devices passed through");
    boolean much = devices > 0 || manyCommands(guest);
    return new MemoryNeeds(much ? BASE_MIB : LEAST_MIB, needs);
  }

  /**
   * Whether it has disks that take many commands at once, each of which has a stack of QEMU's: with
   * less than the base the domain has ended under such a load.
   */
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
    return base + added(need -> true);
  }

  /** With less something of it does not work, in MiB. */
  public int smallestMib() {
    return smallestBase + added(need -> need.rule.required);
  }

  private int added(Predicate<Need> which) {
    int kib = needs.stream().filter(which).mapToInt(Need::kib).sum();
    return (kib + KIB - 1) / KIB;
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
