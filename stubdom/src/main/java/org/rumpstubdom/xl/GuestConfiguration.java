// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rumpstubdom.util.StubdomException;

/**
 * A guest's xl configuration: its values for use, its text for lossless editing. Immutable.
 *
 * <p>Accepted is what xl accepts, with the same values; the tests hold our parser to Xen's own.
 */
public final class GuestConfiguration {
  /** No real configuration comes near this; a disk image named by mistake goes far beyond. */
  private static final long LARGEST = 1 << 20;

  private static final String ADDED = "# Device model in a stub domain, added by stubdom config.\n";

  private final Path file;
  private final String text;
  private final int end;
  private final List<Assignment> assignments;
  private final Map<String, Value> values;
  private final List<Disk> disks = new ArrayList<>();
  private final List<Vif> vifs = new ArrayList<>();
  private final List<PciDevice> pciDevices = new ArrayList<>();
  private final List<Problem> deviceProblems = new ArrayList<>();

  private GuestConfiguration(Path file, String text, Parser.Document document) {
    this.file = file;
    this.text = text;
    this.end = document.end();
    this.assignments = document.assignments();
    this.values = new LinkedHashMap<>(document.values());
  }

  /**
   * Reads a configuration. Relative disk paths are taken from the current directory, as xl does.
   *
   * @throws StubdomException (input) when it cannot be read or xl would not accept its syntax
   */
  public static GuestConfiguration load(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw StubdomException.input(
          file.toString(),
          Files.exists(file) ? "is not a file" : "no such file",
          "name an xl guest configuration");
    }
    if (Files.size(file) > LARGEST) {
      throw StubdomException.input(
          file.toString(), "is too large for a configuration", "name an xl guest configuration");
    }
    return parse(file, Bytes.of(Files.readAllBytes(file)));
  }

  /** The same as {@link #load}, from a text with one char per byte. */
  static GuestConfiguration parse(Path file, String text) {
    if (text.indexOf('\0') >= 0) {
      // xl's parser would end the whole process.
      throw StubdomException.input(
          file.toString(), "is not a text file", "name an xl guest configuration");
    }
    GuestConfiguration configuration;
    try {
      configuration = new GuestConfiguration(file, text, Parser.parse(text));
    } catch (SyntaxError e) {
      throw StubdomException.input(
          file + ":" + e.line(), e.getMessage(), "mend the line; see `man 5 xl.cfg`");
    }
    configuration.readDevices();
    return configuration;
  }

  private void readDevices() {
    for (Value.Text item : texts("disk")) {
      try {
        disks.add(locate(DiskSpec.parse(item.text(), item.line())));
      } catch (SyntaxError e) {
        deviceProblems.add(
            problem(e, "write it as 'PATH,raw,hda'; see `man 5 xl-disk-configuration`"));
      }
    }
    for (Value.Text item : texts("vif")) {
      try {
        vifs.add(Vif.parse(item.text(), item.line()));
      } catch (SyntaxError e) {
        deviceProblems.add(problem(e, "see `man 5 xl-network-configuration`"));
      }
    }
    for (Value.Text item : texts("pci")) {
      try {
        pciDevices.add(PciDevice.parse(item.text(), item.line()));
      } catch (SyntaxError e) {
        deviceProblems.add(
            problem(e, "write it as '0000:01:00.0'; see `man 5 xl-pci-configuration`"));
      }
    }
  }

  private Problem problem(SyntaxError error, String fix) {
    return new Problem(Problem.Severity.ERROR, file, error.line(), error.getMessage(), fix);
  }

  private static Disk locate(Disk disk) {
    boolean local = !disk.target().isEmpty() && disk.script().isEmpty() && disk.backend().isEmpty();
    if (!local) {
      return disk;
    }
    Path path = Path.of(disk.target()).toAbsolutePath().normalize();
    Path device = Path.of("/dev").resolve(disk.target());
    return disk.at(!Files.exists(path) && Files.exists(device) ? device : path);
  }

  /** The file it was read from. */
  public Path file() {
    return file;
  }

  /** The guest's name; empty when there is none, which {@link Checker} reports. */
  public String name() {
    return string("name").orElse("");
  }

  /** The disks that are written correctly; {@link Checker} reports the others. */
  public List<Disk> disks() {
    return List.copyOf(disks);
  }

  /** The network interfaces that are written correctly; {@link Checker} reports the others. */
  public List<Vif> vifs() {
    return List.copyOf(vifs);
  }

  /** The devices passed through that are written correctly; {@link Checker} reports the others. */
  public List<PciDevice> pciDevices() {
    return List.copyOf(pciDevices);
  }

  /** Memory of the guest in MiB; xl's default is 32. */
  public long memoryMib() {
    return number("memory").orElse(number("maxmem").orElse(32));
  }

  /** Number of virtual processors; xl's default is 1. */
  public long vcpus() {
    return number("vcpus").orElse(1);
  }

  /** Whether the key is set. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /**
   * Whether {@code kernel} names something to boot. What is called hvmloader xl takes for the
   * firmware, which it ignores here.
   */
  boolean bootsKernel() {
    String kernel = string("kernel").orElse("");
    return !kernel.isEmpty() && !kernel.substring(kernel.lastIndexOf('/') + 1).equals("hvmloader");
  }

  /** The assignments that a later "=" to the same key made void, in the order of the file. */
  List<Assignment> overridden() {
    List<Assignment> lost = new ArrayList<>();
    for (int i = 0; i < assignments.size(); i++) {
      String key = assignments.get(i).key();
      boolean again =
          assignments.subList(i + 1, assignments.size()).stream()
              .anyMatch(later -> later.key().equals(key) && !later.append());
      if (again) {
        lost.add(assignments.get(i));
      }
    }
    return lost;
  }

  /** All values by key, in the order the keys first appear. */
  public Map<String, Value> values() {
    return new LinkedHashMap<>(values);
  }

  /** The key's value when it is a string or a number. */
  public Optional<String> string(String key) {
    return values.get(key) instanceof Value.Text value
        ? Optional.of(value.text())
        : Optional.empty();
  }

  /** The key's value when it is a number, in C notation. */
  public OptionalLong number(String key) {
    try {
      return string(key)
          .map(text -> OptionalLong.of(Long.decode(text)))
          .orElse(OptionalLong.empty());
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** Whether a key that switches something is on; {@code otherwise} when it is not set. */
  public boolean flag(String key, boolean otherwise) {
    return number(key).orElse(otherwise ? 1 : 0) != 0;
  }

  /** The texts of a list, or the one text of a string; empty when not set. */
  public List<String> strings(String key) {
    return texts(key).stream().map(Value.Text::text).toList();
  }

  /** The line of the key's value, counted from 1; 0 when it is not set. */
  public int line(String key) {
    return values.containsKey(key) ? values.get(key).line() : 0;
  }

  List<Problem> deviceProblems() {
    return List.copyOf(deviceProblems);
  }

  /** As {@link #strings}, each with its line. */
  List<Value.Text> texts(String key) {
    List<Value.Text> texts = new ArrayList<>();
    if (values.get(key) instanceof Value.Text text) {
      texts.add(text);
    } else if (values.get(key) instanceof Value.Items items) {
      items.values().stream()
          .filter(Value.Text.class::isInstance)
          .map(Value.Text.class::cast)
          .forEach(texts::add);
    }
    return texts;
  }

  /**
   * The file's bytes with some keys set, all else untouched. A key that has the value already is
   * left as it is, one with another value is changed where it stands, new ones go to the end.
   *
   * @param settings texts by key; digits only are written as a number, all else quoted
   */
  public byte[] with(Map<String, String> settings) {
    return Bytes.bytes(edited(settings, Map.of()));
  }

  /**
   * The configuration as it reads when it was edited as by {@link #with}.
   *
   * @param more by key, what is added to the list that the key has
   */
  GuestConfiguration changed(Map<String, String> settings, Map<String, List<String>> more) {
    return parse(file, edited(settings, more));
  }

  private String edited(Map<String, String> settings, Map<String, List<String>> more) {
    StringBuilder edited = new StringBuilder(text);
    StringBuilder added = new StringBuilder();
    Map<Integer, Map.Entry<Assignment, String>> changes = new TreeMap<>();
    settings.forEach(
        (key, value) -> {
          if (string(key).filter(value::equals).isPresent()) {
            return;
          }
          Assignment last = last(key);
          if (last != null && !last.append()) {
            changes.put(-last.valueStart(), Map.entry(last, value));
          } else {
            added.append(key).append(" = ").append(literal(value)).append('\n');
          }
        });
    more.forEach(
        (key, items) -> {
          boolean list = values.get(key) instanceof Value.Items;
          // A text alone, which nothing can be added to, becomes the first of the list.
          Stream<String> all =
              Stream.concat(list ? Stream.of() : strings(key).stream(), items.stream());
          added
              .append(key)
              .append(list ? " += [ " : " = [ ")
              .append(all.map(i -> Bytes.encode(Literal.of(i))).collect(joining(", ")))
              .append(" ]\n");
        });
    // From the end, so that the positions before stay right.
    changes.forEach(
        (start, change) ->
            edited.replace(
                change.getKey().valueStart(),
                change.getKey().valueEnd(),
                literal(change.getValue())));
    if (!added.isEmpty()) {
      // What the parsers overlook at the very end is an error before other lines.
      edited.setLength(edited.length() - (text.length() - end));
      if (!edited.isEmpty() && edited.charAt(edited.length() - 1) != '\n') {
        edited.append('\n');
      }
      edited.append(edited.isEmpty() ? "" : "\n").append(text.contains(ADDED) ? "" : ADDED);
      edited.append(added);
    }
    GuestConfiguration result = parse(file, edited.toString());
    settings.forEach(
        (key, value) -> {
          if (!result.string(key).filter(value::equals).isPresent()) {
            throw new IllegalStateException(key + " would read back as " + result.values.get(key));
          }
        });
    more.forEach(
        (key, items) -> {
          List<String> read = result.strings(key);
          if (Collections.indexOfSubList(read, items) < 0) {
            throw new IllegalStateException(key + " would read back as " + read);
          }
        });
    return edited.toString();
  }

  private Assignment last(String key) {
    Assignment last = null;
    for (Assignment assignment : assignments) {
      if (assignment.key().equals(key)) {
        last = assignment;
      }
    }
    return last;
  }

  /** A value as xl reads it back. */
  private static String literal(String value) {
    if (value.matches("[0-9]+")) {
      return value;
    }
    return Bytes.encode(Literal.of(value));
  }
}
