// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads disk specifications as xl-disk-configuration(5) describes them, deprecated forms too. */
final class DiskSpec {
  private static final Set<String> FORMATS = Set.of("raw", "qcow", "qcow2", "vhd", "qed", "empty");
  private static final Set<String> BACKENDS = Set.of("phy", "tap", "qdisk", "standalone");
  private static final Set<String> SPECIFICATIONS = Set.of("xen", "virtio");
  private static final Set<String> FLAGS =
      Set.of("discard", "no-discard", "direct-io-safe", "colo", "no-colo");

  private static final Set<String> KNOWN =
      Set.of(
          "format",
          "access",
          "devtype",
          "backendtype",
          "specification",
          "vdev",
          "script",
          "backend",
          "colo-host",
          "colo-port",
          "colo-export",
          "active-disk",
          "hidden-disk");

  /** Parameters that take any value. */
  private static final Set<String> FREE =
      Set.of(
          "vdev",
          "script",
          "backend",
          "colo-host",
          "colo-port",
          "colo-export",
          "active-disk",
          "hidden-disk");

  /** Prefixes once written before the path, with the format or script they stand for. */
  private static final Map<String, String> FORMAT_PREFIXES =
      Map.of("raw", "raw", "qcow", "qcow", "qcow2", "qcow2", "vhd", "vhd");

  private static final Set<String> SCRIPT_PREFIXES = Set.of("iscsi", "nbd", "enbd", "drbd");
  private static final Set<String> OTHER_PREFIXES =
      Set.of("tapdisk", "tap", "tap2", "aio", "ioemu", "file", "phy");
  private static final Pattern PREFIX = Pattern.compile("([a-z][a-z0-9]*):");
  private static final Pattern NAMED = Pattern.compile("([a-z][-a-z0-9]*)=(.*)", Pattern.DOTALL);

  private final Map<String, String> values = new TreeMap<>();
  private boolean cdrom;
  private boolean readOnly;
  private boolean accessGiven;
  private boolean prefixed;

  private DiskSpec() {}

  /**
   * Reads a specification.
   *
   * @return its named and positional parameters: path, vdev, format, ...
   * @throws SyntaxError when xl would refuse it; its line is the one given
   */
  static Disk parse(String spec, int line) throws SyntaxError {
    DiskSpec parsed = new DiskSpec();
    try {
      parsed.read(spec);
    } catch (IllegalArgumentException e) {
      throw new SyntaxError(line, "disk '" + spec + "': " + e.getMessage());
    }
    return parsed.disk(line);
  }

  private void read(String spec) {
    int position = 0;
    while (true) {
      while (position < spec.length() && " \t\n".indexOf(spec.charAt(position)) >= 0) {
        position++;
      }
      if (position >= spec.length()) {
        break;
      }
      String rest = spec.substring(position);
      if (rest.startsWith("target=")) {
        set("path", rest.substring("target=".length()).replaceFirst(",$", ""));
        break;
      }
      int prefix = prefix(rest);
      if (prefix > 0) {
        position += prefix;
        continue;
      }
      int comma = rest.indexOf(',');
      String last = comma < 0 ? withoutStray(rest) : "";
      if (comma >= 0) {
        parameter(rest.substring(0, comma));
      } else if (!last.isEmpty()) {
        parameter(last);
      }
      position += comma < 0 ? rest.length() : comma + 1;
    }
    complete();
  }

  /** libxlutil ignores a "=" that is the very last char, unless it ends a parameter's name. */
  private static String withoutStray(String last) {
    int equals = last.indexOf('=');
    boolean stray = equals == last.length() - 1 && !KNOWN.contains(last.substring(0, equals));
    return stray ? last.substring(0, equals) : last;
  }

  /** Takes a deprecated prefix; returns its length, 0 when there is none. */
  private int prefix(String rest) {
    Matcher matcher = PREFIX.matcher(rest);
    if (!matcher.lookingAt()) {
      return 0;
    }
    String name = matcher.group(1);
    if (FORMAT_PREFIXES.containsKey(name)) {
      format(FORMAT_PREFIXES.get(name));
    } else if (SCRIPT_PREFIXES.contains(name)) {
      set("script", "block-" + name);
    } else if (!OTHER_PREFIXES.contains(name)) {
      boolean alone = rest.length() == matcher.end();
      if (alone || !Character.toString(rest.charAt(matcher.end())).matches("[a-z0-9]")) {
        throw new IllegalArgumentException("unknown prefix '" + name + ":'");
      }
      return 0;
    }
    prefixed = true;
    return matcher.end();
  }

  private void parameter(String text) {
    Matcher named = NAMED.matcher(text);
    if (text.equals("cdrom")) {
      cdrom = true;
    } else if (FLAGS.contains(text)) {
      return;
    } else if (named.matches()) {
      named(named.group(1), named.group(2));
    } else if (text.contains("=")) {
      throw new IllegalArgumentException("'" + text + "' is neither a path nor name=value");
    } else {
      positional(text);
    }
  }

  private void named(String name, String value) {
    switch (name) {
      case "format" -> format(value);
      case "access" -> access(value);
      case "devtype" -> {
        if (!Set.of("cdrom", "disk").contains(value)) {
          throw new IllegalArgumentException("unknown devtype '" + value + "'");
        }
        cdrom = value.equals("cdrom");
      }
      case "backendtype" -> choice(name, value, BACKENDS);
      case "specification" -> choice(name, value, SPECIFICATIONS);
      default -> {
        if (!FREE.contains(name)) {
          throw new IllegalArgumentException("unknown parameter '" + name + "'");
        }
        set(name, value);
      }
    }
  }

  private void choice(String name, String value, Set<String> known) {
    if (!known.contains(value)) {
      throw new IllegalArgumentException("unknown " + name + " '" + value + "'");
    }
    values.put(name, value);
  }

  private void positional(String text) {
    if (!values.containsKey("path")) {
      values.put("path", text);
    } else if (!prefixed && !values.containsKey("format")) {
      if (values.get("path").isEmpty() && text.contains(":")) {
        // An old form of the empty drive: ",hdc:cdrom,r".
        format("empty");
        vdev(text);
      } else {
        format(text);
      }
    } else if (!values.containsKey("vdev")) {
      vdev(text);
    } else if (!accessGiven) {
      accessGiven = true;
      access(text);
    } else {
      throw new IllegalArgumentException("'" + text + "' is one parameter too many");
    }
  }

  /** The deprecated form has the type after a colon: "hdc:cdrom". */
  private void vdev(String text) {
    int colon = text.lastIndexOf(':');
    if (colon >= 0) {
      String type = text.substring(colon + 1);
      if (!type.equals("cdrom") && !type.equals("disk")) {
        throw new IllegalArgumentException("unknown type '" + type + "' after the vdev");
      }
      cdrom = type.equals("cdrom");
      set("vdev", text.substring(0, colon));
    } else {
      set("vdev", text);
    }
  }

  private void format(String value) {
    String format = value.isEmpty() ? "raw" : value;
    if (!FORMATS.contains(format)) {
      throw new IllegalArgumentException("unknown format '" + value + "'");
    }
    String before = values.put("format", format);
    if (before != null && !before.equals(format)) {
      throw new IllegalArgumentException("two formats: " + before + " and " + format);
    }
  }

  private void access(String value) {
    if (!value.isEmpty() && !Set.of("ro", "r", "rw", "w").contains(value)) {
      throw new IllegalArgumentException("unknown access '" + value + "'; ro or rw");
    }
    readOnly = value.startsWith("r") && !value.equals("rw");
  }

  /** A parameter may be given once, but an empty one may be given again. */
  private void set(String name, String value) {
    String before = values.put(name, value);
    if (before != null && !before.isEmpty()) {
      throw new IllegalArgumentException(
          (name.equals("path") ? "target" : name) + " is given twice");
    }
  }

  private void complete() {
    if (cdrom && values.getOrDefault("path", "").isEmpty()) {
      values.put("format", "empty");
    }
    values.putIfAbsent("format", "raw");
    if (!values.containsKey("vdev")) {
      throw new IllegalArgumentException("no vdev, such as hda");
    }
    if (!values.containsKey("path") && !cdrom) {
      throw new IllegalArgumentException("no target, and it is no CD drive");
    }
  }

  private Disk disk(int line) {
    return new Disk(
        line,
        values.getOrDefault("path", ""),
        null,
        values.get("format"),
        values.get("vdev"),
        cdrom,
        !cdrom && !readOnly,
        values.getOrDefault("script", ""),
        values.getOrDefault("backend", ""),
        values.getOrDefault("backendtype", ""),
        values.getOrDefault("specification", "xen"));
  }
}
