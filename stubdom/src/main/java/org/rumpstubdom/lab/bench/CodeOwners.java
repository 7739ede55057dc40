// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Whose code is at an address, for one guest on one device model. Nothing is guessed:
 *
 * <ul>
 *   <li>Where the emulator took the code from is a page of the machine, and Xen has said which of
 *       them are dom0's and the stub domain's, both of which are PV domains. So the same kernel, or
 *       the same QEMU, in two domains is told apart.
 *   <li>Within a PV domain the upper half of the addresses is its kernel's, the lower one its
 *       programs', as x86-64 has it.
 *   <li>Pages of neither are Xen's if the code runs at an address that Xen keeps from every PV
 *       domain (the public header xen-x86_64.h), and the guest's if it runs where a guest of
 *       tests/guests is linked to (lib/guest.ld there).
 *   <li>Within our kernel the linker's map has the rooms.
 * </ul>
 *
 * <p>What none of that applies to is {@link #OTHER}.
 */
final class CodeOwners {
  static final String GUEST = "the guest";
  static final String XEN = "Xen";
  static final String QEMU = "QEMU and its libraries";
  static final String DOM0_KERNEL = "dom0's kernel";
  static final String DOM0_PROGRAMS = "dom0's programs";
  static final String LINUX_KERNEL = "the Linux stub domain's kernel";
  static final String LINUX_PROGRAMS = "the Linux stub domain's programs";
  static final String OTHER = "other";

  /**
   * The order of tables: from the guest inwards, the rooms of our kernel by name, dom0, the rest.
   */
  static final Comparator<String> ORDER =
      Comparator.comparing(CodeOwners::place).thenComparing(Comparator.naturalOrder());

  private static final List<String> FIRST = List.of(GUEST, XEN);
  private static final List<String> LAST =
      List.of(QEMU, LINUX_KERNEL, LINUX_PROGRAMS, DOM0_KERNEL, DOM0_PROGRAMS, OTHER);

  private static final Pattern DOMAINS = Pattern.compile("(?m)^domains (\\d*)$");

  private static final long XEN_BEGIN = 0xffff800000000000L;
  private static final long XEN_END = 0xffff880000000000L;
  private static final long GUEST_BEGIN = 0x7c00;
  private static final long GUEST_END = 0x80000;
  private static final int DOM0 = 0;
  private static final int NONE = -1;

  private final MachineMemory memory;
  private final MachinePages pages;
  private final int stub;
  private final boolean ours;
  private final KernelRooms rooms;

  private static int place(String part) {
    int first = FIRST.indexOf(part);
    return first >= 0 ? first - FIRST.size() : LAST.indexOf(part) + 1;
  }

  /**
   * Owners by what was said in dom0.
   *
   * @param said the output of "list-pages"
   * @param rooms our kernel's; null when ours is not the device model
   * @throws StubdomException (5) when it does not name the domains
   */
  CodeOwners(String said, DeviceModel model, MachineMemory memory, KernelRooms rooms) {
    Matcher domains = DOMAINS.matcher(said);
    boolean hasStub = model != DeviceModel.DOM0;
    if (!domains.find() || domains.group(1).isEmpty() == hasStub) {
      throw StubdomException.test(
          "the memory of domains", "was not told: " + said.lines().findFirst().orElse(""), "");
    }
    this.stub = hasStub ? Integer.parseInt(domains.group(1)) : NONE;
    this.pages = MachinePages.of(said);
    this.memory = memory;
    this.ours = model == DeviceModel.STUBDOM;
    this.rooms = rooms;
  }

  /**
   * Whose code it is.
   *
   * @param address where the processor saw it
   * @param host where the emulator has it in its own memory
   */
  String of(long address, long host) {
    OptionalLong physical = memory.physical(host);
    if (physical.isEmpty()) {
      return OTHER;
    }
    OptionalInt owner = pages.owner(MachineMemory.page(physical.getAsLong()));
    boolean xens = isWithin(address, XEN_BEGIN, XEN_END);
    if (owner.isEmpty()) {
      return xens ? XEN : isWithin(address, GUEST_BEGIN, GUEST_END) ? GUEST : OTHER;
    }
    if (xens) {
      return OTHER;
    }
    boolean upper = address < 0;
    if (owner.getAsInt() == DOM0) {
      return upper ? DOM0_KERNEL : DOM0_PROGRAMS;
    }
    if (owner.getAsInt() != stub) {
      return OTHER;
    }
    if (!ours) {
      return upper ? LINUX_KERNEL : LINUX_PROGRAMS;
    }
    return upper ? rooms.at(address).orElse(OTHER) : QEMU;
  }

  private static boolean isWithin(long address, long begin, long end) {
    return Long.compareUnsigned(address, begin) >= 0 && Long.compareUnsigned(address, end) < 0;
  }
}
