// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;

/**
 * An object file of an archive, after the System V ABI: its global symbols, its sections' names and
 * its relocations. 32-bit and big-endian objects are read as far as their symbols, so that a
 * failure can name one.
 */
final class RelocatableObject {
  /** Relocations of x86-64 that this package asks about. */
  static final int R_X86_64_32 = 10;

  private static final int ELFCLASS64 = 2;
  private static final int ELFDATA2MSB = 2;
  private static final int ET_REL = 1;
  private static final int SHT_SYMTAB = 2;
  private static final int SHT_RELA = 4;
  private static final int SHT_NOBITS = 8;
  private static final long SHF_ALLOC = 2;
  private static final long SHF_EXECINSTR = 4;
  private static final int STB_LOCAL = 0;
  private static final int STB_WEAK = 2;
  private static final int SHN_UNDEF = 0;
  private static final int SHN_COMMON = 0xfff2;
  private static final int RELA = 24;

  /** The kinds of a global symbol, as linkers tell them apart. */
  enum Kind {
    defined,
    weak,
    common,
    undefined,
    maybe
  }

  private record Section(String name, int type, long flags, int at, int size, int link, int info) {}

  private record Symbol(String name, int section, long value, long size) {}

  private final String name;
  private final ByteBuffer bytes;
  private final boolean wide;
  private final List<Section> sections = new ArrayList<>();
  private final List<Symbol> symbols = new ArrayList<>();
  private final Map<String, Kind> globals = new TreeMap<>();

  /**
   * Reads an object.
   *
   * @throws IllegalArgumentException when it is no whole relocatable ELF object; the message says
   *     what it is
   */
  RelocatableObject(String name, byte[] content) {
    this.name = name;
    bytes = ByteBuffer.wrap(content);
    if (content.length < 52 || bytes.getInt(0) != 0x7f454c46) {
      throw new IllegalArgumentException("not an ELF object");
    }
    wide = content[4] == ELFCLASS64;
    bytes.order(content[5] == ELFDATA2MSB ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    if (half(16) != ET_REL) {
      throw new IllegalArgumentException("not a relocatable object");
    }
    try {
      readSections();
      readSymbols();
    } catch (BufferUnderflowException | IndexOutOfBoundsException | ArithmeticException e) {
      throw new IllegalArgumentException("cut off or damaged", e);
    }
  }

  private int half(int at) {
    return bytes.getShort(at) & 0xffff;
  }

  /** An address or size: of 8 bytes or of 4, by the file's class. */
  private long word(int at) {
    return wide ? bytes.getLong(at) : bytes.getInt(at) & 0xffffffffL;
  }

  private int index(long value) {
    if (value < 0 || value > bytes.limit()) {
      throw new IndexOutOfBoundsException();
    }
    return (int) value;
  }

  private String text(long from) {
    int at = index(from);
    int end = at;
    while (bytes.get(end) != 0) {
      end++;
    }
    return new String(bytes.array(), at, end - at, StandardCharsets.UTF_8);
  }

  private void readSections() {
    long table = word(wide ? 0x28 : 0x20);
    int size = half(wide ? 0x3a : 0x2e);
    int count = half(wide ? 0x3c : 0x30);
    int strings = half(wide ? 0x3e : 0x32);
    List<Long> names = new ArrayList<>();
    List<Section> raw = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = index(table + (long) i * size);
      names.add(bytes.getInt(at) & 0xffffffffL);
      int type = bytes.getInt(at + 4);
      long flags = word(at + 8);
      int content = index(word(at + (wide ? 24 : 16)));
      long length = word(at + (wide ? 32 : 20));
      if (type == SHT_NOBITS) {
        length = 0;
      }
      index(content + length);
      int link = bytes.getInt(at + (wide ? 40 : 24));
      int info = bytes.getInt(at + (wide ? 44 : 28));
      raw.add(new Section("", type, flags, content, (int) length, link, info));
    }
    for (int i = 0; i < count; i++) {
      Section section = raw.get(i);
      sections.add(
          new Section(
              text(raw.get(strings).at() + names.get(i)),
              section.type(),
              section.flags(),
              section.at(),
              section.size(),
              section.link(),
              section.info()));
    }
  }

  private void readSymbols() {
    for (Section section : sections) {
      if (section.type() == SHT_SYMTAB) {
        int entry = wide ? 24 : 16;
        for (int i = 0; i < section.size() / entry; i++) {
          readSymbol(section.at() + i * entry, sections.get(section.link()).at());
        }
        return;
      }
    }
  }

  private void readSymbol(int at, int strings) {
    String symbol = text(strings + (bytes.getInt(at) & 0xffffffffL));
    int info = bytes.get(at + (wide ? 4 : 12));
    int section = half(at + (wide ? 6 : 14));
    symbols.add(
        new Symbol(
            symbol, section, word(at + (wide ? 8 : 4)), wide ? word(at + 16) : word(at + 8)));
    int binding = info >> 4 & 0xf;
    if (binding == STB_LOCAL || symbol.isEmpty()) {
      return;
    }
    boolean weak = binding == STB_WEAK;
    if (section == SHN_UNDEF) {
      globals.put(symbol, weak ? Kind.maybe : Kind.undefined);
    } else if (section == SHN_COMMON) {
      globals.put(symbol, Kind.common);
    } else {
      globals.put(symbol, weak ? Kind.weak : Kind.defined);
    }
  }

  /** Its name in the archive. */
  String name() {
    return name;
  }

  /** The machine in words when it is another than x86-64 in its 64-bit form, else nothing. */
  Optional<String> otherMachine() {
    int machine = half(18);
    String what =
        switch (machine) {
          case 3 -> "i386";
          case 8 -> "MIPS";
          case 20, 21 -> "PowerPC";
          case 40 -> "ARM";
          case 43 -> "SPARC";
          case 62 -> "x86-64";
          case 183 -> "AArch64";
          case 243 -> "RISC-V";
          default -> "machine " + machine;
        };
    if (machine == 62 && wide) {
      return Optional.empty();
    }
    return Optional.of((wide ? "64" : "32") + "-bit code for " + what);
  }

  /** Global symbols by name. */
  Map<String, Kind> globals() {
    return globals;
  }

  /** A symbol to name it by in a message: the first one it defines, of NetBSD's if it has some. */
  String landmark() {
    return globals.entrySet().stream()
        .filter(entry -> entry.getValue() != Kind.undefined && entry.getValue() != Kind.maybe)
        .map(Map.Entry::getKey)
        .min(
            Comparator.comparing((String symbol) -> !symbol.startsWith("rump"))
                .thenComparing(Comparator.naturalOrder()))
        .orElse("no symbol");
  }

  /** The link sets that it puts something in. */
  Set<String> linkSets() {
    Set<String> sets = new TreeSet<>();
    for (Section section : sections) {
      if (section.name().startsWith(LinkSets.PREFIX) && section.size() > 0) {
        sets.add(section.name());
      }
    }
    return sets;
  }

  /** Whether it has functions that a C runtime would call before main(). */
  boolean hasConstructors() {
    return sections.stream()
        .anyMatch(s -> s.name().startsWith(".init_array") || s.name().startsWith(".ctors"));
  }

  /** The text that a symbol stands for, when it is defined with content. */
  Optional<String> string(String symbol) {
    for (Symbol candidate : symbols) {
      if (candidate.name().equals(symbol)
          && candidate.section() > 0
          && candidate.section() < sections.size()) {
        Section section = sections.get(candidate.section());
        if (candidate.value() < section.size()) {
          return Optional.of(text(section.at() + candidate.value()));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * The symbol of the first relocation of a type in what is loaded: for R_X86_64_32 a place that
   * holds addresses of the low 4 GiB only.
   */
  Optional<String> firstRelocation(int type) {
    return relocations(
        (section, at) -> bytes.getInt(at + 8) == type && !section.name().startsWith(".eh_frame"),
        (section, at) -> symbolOf(at));
  }

  private interface Finding<T> {
    T at(Section section, int relocation);
  }

  private <T> Optional<T> relocations(BiPredicate<Section, Integer> wanted, Finding<T> finding) {
    Map<Integer, Section> patched = new HashMap<>();
    for (int i = 0; i < sections.size(); i++) {
      patched.put(i, sections.get(i));
    }
    for (Section section : sections) {
      Section target = patched.get(section.info());
      if (section.type() != SHT_RELA || target == null || (target.flags() & SHF_ALLOC) == 0) {
        continue;
      }
      for (int at = section.at(); at + RELA <= section.at() + section.size(); at += RELA) {
        if (wanted.test(target, at)) {
          T found = finding.at(target, at);
          if (found != null) {
            return Optional.of(found);
          }
        }
      }
    }
    return Optional.empty();
  }

  private String symbolOf(int relocation) {
    int symbol = bytes.getInt(relocation + 12);
    if (symbol < 0 || symbol >= symbols.size()) {
      return "";
    }
    Symbol found = symbols.get(symbol);
    boolean section = found.name().isEmpty() && found.section() < sections.size();
    return section ? sections.get(found.section()).name() : found.name();
  }

  /**
   * The first argument of a call, when the code loads a small constant right before it: the
   * instruction is one of a byte, BF, and the value for the register EDI.
   */
  Optional<Integer> constantArgument(String function) {
    return relocations(
        (section, at) -> (section.flags() & SHF_EXECINSTR) != 0 && symbolOf(at).equals(function),
        (section, at) -> {
          int call = section.at() + (int) bytes.getLong(at);
          for (int back = call - 5; back >= Math.max(section.at(), call - 64); back--) {
            if ((bytes.get(back) & 0xff) == 0xbf) {
              int value = bytes.getInt(back + 1);
              if (value > 0 && value < 1000) {
                return value;
              }
            }
          }
          return null;
        });
  }
}
