// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.ArrayList;
import java.util.List;

/**
 * Memory of a guest's stub domain: a base that is enough for most, what this guest adds to it, and
 * why. The numbers follow from the shares the kernel gives (core/budget.h).
 *
 * @param needs what is added, in the order of the reasons
 */
public record MemoryNeeds(List<Need> needs) {
  /** What an ordinary stub domain gets, in MiB; libxl adds the guest's video memory. */
  public static final int BASE_MIB = 32;

  /** With less not even a plain QEMU starts. */
  public static final int LEAST_MIB = 16;

  /** The base keeps so much of the guest's memory mapped, in MiB. */
  private static final long MAPPED_MIB = 2048;

  /** For each further GiB, up to so many KiB: more would hardly show. */
  private static final int GUEST_KIB_PER_GIB = 1024;

  private static final int GUEST_MOST_KIB = 16 * 1024;

  /** Disks and NICs that the base is enough for. */
  private static final int DISKS = 4;

  private static final int NICS = 2;

  /** What an open disk takes at least, in KiB; busy ones share more. */
  public static final int DISK_KIB = 128;

  /** What an open network interface takes, in KiB. */
  public static final int NIC_KIB = 560;

  private static final int KIB = 1024;

  /**
   * Something that takes memory.
   *
   * @param what what for, to be read by people
   * @param kib how much
   * @param required whether it does not work with less; else it works, but slower
   */
  public record Need(String what, int kib, boolean required) {}

  /** Of the list a copy is kept. */
  public MemoryNeeds {
    needs = List.copyOf(needs);
  }

  /** What a guest's configuration asks for. */
  public static MemoryNeeds of(GuestConfiguration guest) {
    List<Need> needs = new ArrayList<>();
    long memory = Math.max(guest.memoryMib(), guest.number("maxmem").orElse(0));
    long beyond = memory - MAPPED_MIB;
    if (beyond > 0) {
      long kib = Math.min(beyond * GUEST_KIB_PER_GIB / KIB, GUEST_MOST_KIB);
      needs.add(
          new Need(memory + " MiB of guest memory, to keep more of it mapped", (int) kib, false));
    }
    add(needs, guest.disks().size(), "disks", DISKS, DISK_KIB);
    add(needs, guest.vifs().size(), "network interfaces", NICS, NIC_KIB);
    return new MemoryNeeds(needs);
  }

  private static void add(List<Need> needs, int count, String what, int free, int each) {
    if (count > free) {
      needs.add(new Need(count + " " + what, (count - free) * each, true));
    }
  }

  /** What the stub domain should get, in MiB, where the base is that of an image. */
  public int mib(int base) {
    return base + rounded(needs.stream().mapToInt(Need::kib).sum());
  }

  /** With less something of it does not work, in MiB. */
  public int smallestMib() {
    return LEAST_MIB + rounded(needs.stream().filter(Need::required).mapToInt(Need::kib).sum());
  }

  private static int rounded(int kib) {
    return (kib + KIB - 1) / KIB;
  }

  /** Why it is more than the base, in one line; empty when it is not. */
  public String why() {
    List<String> reasons = needs.stream().map(Need::what).toList();
    return String.join("; ", reasons);
  }
}
