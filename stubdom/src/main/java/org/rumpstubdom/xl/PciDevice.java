// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device of the host that is passed through to a guest; see xl-pci-configuration(5).
 *
 * @param line where it stands in the configuration, counted from 1
 * @param address its address on the host in full, as 0000:01:00.0, with * for all functions; empty
 *     when it has a name instead
 * @param name the name it was given by {@code xl pci-assignable-add}; empty when it has an address
 * @param options its other options by name, as written
 */
public record PciDevice(int line, String address, String name, Map<String, String> options) {
  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?:([0-9a-f]+):)?([0-9a-f]+):([0-9a-f]+)\\.([0-9a-f]+|\\*)", Pattern.CASE_INSENSITIVE);

  private static final Pattern SLOT = Pattern.compile("[0-9a-f]+", Pattern.CASE_INSENSITIVE);

  /** The largest parts of an address. */
  private static final int SEGMENTS = 0xffff;

  private static final int BUSES = 0xff;
  private static final int SLOTS = 0x1f;
  private static final int FUNCTIONS = 7;

  private static final Set<String> FLAGS =
      Set.of("msitranslate", "power_mgmt", "permissive", "seize");

  private static final Set<String> POLICIES = Set.of("strict", "relaxed");

  /** Copies the options. */
  public PciDevice {
    options = Map.copyOf(options);
  }

  static PciDevice parse(String spec, int line) throws SyntaxError {
    try {
      return parse(spec, line, new TreeMap<>());
    } catch (Unacceptable e) {
      throw new SyntaxError(line, "PCI device '" + spec + "' " + e.getMessage());
    }
  }

  /** As libxlutil does it: an address may come first, the rest are names with values. */
  private static PciDevice parse(String spec, int line, Map<String, String> options)
      throws Unacceptable {
    String rest = spec;
    String address = "";
    Matcher first = ADDRESS.matcher(spec);
    if (first.lookingAt()) {
      address = full(first);
      rest = spec.substring(first.end());
      if (rest.startsWith("@")) {
        rest = rest.substring(1 + slot(rest.substring(1)));
      }
      if (!rest.isEmpty() && !rest.startsWith(",")) {
        throw new Unacceptable("has '" + rest + "' after its address");
      }
      rest = rest.isEmpty() ? rest : rest.substring(1);
    }
    while (!rest.isEmpty()) {
      int equals = rest.indexOf('=');
      if (equals < 0) {
        throw new Unacceptable(
            address.isEmpty() ? "has no address" : "has '" + rest + "' for an option");
      }
      int comma = rest.indexOf(',', equals);
      String value = rest.substring(equals + 1, comma < 0 ? rest.length() : comma);
      options.put(rest.substring(0, equals), value);
      check(rest.substring(0, equals), value);
      rest = comma < 0 ? "" : rest.substring(comma + 1);
    }
    Matcher later = ADDRESS.matcher(options.getOrDefault("bdf", ""));
    if (later.lookingAt()) {
      address = full(later);
    }
    options.remove("bdf");
    String name = options.remove("name");
    if (address.isEmpty() == (name == null)) {
      throw new Unacceptable(name == null ? "has no address" : "has a name and an address");
    }
    return new PciDevice(line, address, name == null ? "" : name, options);
  }

  /** Why a specification is not taken. */
  private static final class Unacceptable extends Exception {
    private static final long serialVersionUID = 1L;

    Unacceptable(String why) {
      super(why);
    }
  }

  private static void check(String option, String value) throws Unacceptable {
    boolean known =
        switch (option) {
          case "bdf" -> {
            Matcher address = ADDRESS.matcher(value);
            yield address.lookingAt() && !full(address).isEmpty();
          }
          case "vslot" -> slot(value) > 0;
          case "rdm_policy" -> POLICIES.contains(value.toLowerCase(Locale.ROOT));
          case "name" -> true;
          default -> FLAGS.contains(option);
        };
    if (!known) {
      throw new Unacceptable("has an unknown option '" + option + "=" + value + "'");
    }
  }

  /** How many characters a slot takes. */
  private static int slot(String text) throws Unacceptable {
    Matcher slot = SLOT.matcher(text);
    if (!slot.lookingAt()) {
      throw new Unacceptable("has no slot in '" + text + "'");
    }
    number(slot.group(), SLOTS);
    return slot.end();
  }

  private static int number(String digits, int most) throws Unacceptable {
    String plain = digits.replaceFirst("^0+(?=.)", "");
    int value = plain.length() > 4 ? Integer.MAX_VALUE : Integer.parseInt(plain, 16);
    if (value > most) {
      throw new Unacceptable(
          "has " + digits + " where at most " + Integer.toHexString(most) + " is possible");
    }
    return value;
  }

  private static String full(Matcher address) throws Unacceptable {
    String segment = address.group(1) == null ? "0" : address.group(1);
    String function = address.group(4);
    return "%04x:%02x:%02x.%s"
        .formatted(
            number(segment, SEGMENTS),
            number(address.group(2), BUSES),
            number(address.group(3), SLOTS),
            function.equals("*") ? function : Integer.toString(number(function, FUNCTIONS)));
  }

  /** How a message calls it. */
  String called() {
    return name.isEmpty() ? address : name;
  }

  /** Whether a flag is on: as libxl reads it, by its leading digits. */
  boolean flag(String option, boolean otherwise) {
    String value = options.get(option);
    return value == null ? otherwise : value.matches("\\s*[+-]?0*[1-9].*");
  }
}
