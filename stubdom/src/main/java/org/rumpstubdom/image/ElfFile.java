// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rumpstubdom.util.StubdomException;

/**
 * What a 64-bit little-endian ELF file says about itself: segments, sections and notes, after the
 * System V ABI. Every offset and size in the file is checked against its length.
 */
public final class ElfFile {
  private static final int HEADER = 64;
  private static final int SECTION_STRINGS = 0x3e;
  private static final int SHT_NOTE = 7;
  private static final int SHT_NOBITS = 8;
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;
  private static final int PT_NOTE = 4;
  private static final int ET_DYN = 3;
  private static final int DT_NULL = 0;
  private static final int DT_NEEDED = 1;
  private static final int DT_STRTAB = 5;

  /** Size of an entry of the dynamic section: a tag and a value. */
  private static final int DYNAMIC = 16;

  private final ByteBuffer bytes;
  private final List<Segment> segments = new ArrayList<>();
  private final List<Section> sections = new ArrayList<>();
  private final List<Note> notes = new ArrayList<>();
  private final List<String> needed = new ArrayList<>();
  private String interpreter = "";

  /**
   * A program header.
   *
   * @param type PT_LOAD is 1
   * @param flags 1 execute, 2 write, 4 read
   */
  public record Segment(
      int type, int flags, long offset, long address, long fileSize, long memorySize) {}

  /**
   * A section header.
   *
   * @param name its name from the string table
   */
  public record Section(String name, int type, long address, long offset, long size) {}

  /** A note: who defines it, its type by that owner's numbers, and its content. */
  public static final class Note {
    private final String owner;
    private final int type;
    private final byte[] content;

    Note(String owner, int type, byte[] content) {
      this.owner = owner;
      this.type = type;
      this.content = content;
    }

    /** Who defines the note, such as "Xen" or "GNU". */
    public String owner() {
      return owner;
    }

    /** Its type, by the owner's numbers. */
    public int type() {
      return type;
    }

    /** A copy of its content. */
    public byte[] content() {
      return content.clone();
    }
  }

  private ElfFile(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /** Whether the file begins as an ELF file does. */
  public static boolean looksLike(byte[] start) {
    return start.length >= 4
        && start[0] == 0x7f
        && start[1] == 'E'
        && start[2] == 'L'
        && start[3] == 'F';
  }

  /**
   * Reads a file.
   *
   * @throws StubdomException (input) when it is no whole 64-bit little-endian ELF file
   */
  public static ElfFile read(Path file) throws IOException {
    ElfFile elf =
        new ElfFile(ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN));
    try {
      elf.parse();
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
      throw StubdomException.input(
          file.toString(), "not a whole 64-bit little-endian ELF file", "name another file");
    }
    return elf;
  }

  private void parse() {
    byte[] ident = slice(0, 16);
    if (!looksLike(ident) || ident[4] != 2 || ident[5] != 1 || bytes.limit() < HEADER) {
      throw new IllegalArgumentException("identification");
    }
    int programs = bytes.getShort(0x38) & 0xffff;
    for (int i = 0; i < programs; i++) {
      int at = position(bytes.getLong(0x20), (long) i * (bytes.getShort(0x36) & 0xffff));
      segments.add(
          new Segment(
              bytes.getInt(at),
              bytes.getInt(at + 4),
              bytes.getLong(at + 8),
              bytes.getLong(at + 16),
              bytes.getLong(at + 32),
              bytes.getLong(at + 40)));
    }
    for (Segment segment : segments) {
      if (segment.type() == PT_INTERP) {
        interpreter = string(position(segment.offset(), 0));
      } else if (segment.type() == PT_DYNAMIC) {
        parseDynamic(segment.offset(), segment.fileSize());
      }
    }
    parseSections();
    for (Section section : sections) {
      if (section.type() == SHT_NOTE) {
        parseNotes(section.offset(), section.size());
      }
    }
    if (notes.isEmpty()) {
      // A stripped file may have segments only.
      for (Segment segment : segments) {
        if (segment.type() == PT_NOTE) {
          parseNotes(segment.offset(), segment.fileSize());
        }
      }
    }
  }

  private void parseDynamic(long offset, long size) {
    int at = position(offset, 0);
    int end = position(offset, size);
    long strings = 0;
    List<Long> names = new ArrayList<>();
    for (; at + DYNAMIC <= end && bytes.getLong(at) != DT_NULL; at += DYNAMIC) {
      long value = bytes.getLong(at + DYNAMIC / 2);
      if (bytes.getLong(at) == DT_NEEDED) {
        names.add(value);
      } else if (bytes.getLong(at) == DT_STRTAB) {
        strings = value;
      }
    }
    for (long name : names) {
      needed.add(string(position(fileOffset(strings), name)));
    }
  }

  /** Where in the file the byte is that has this address when the file is loaded. */
  private long fileOffset(long address) {
    for (Segment segment : segments) {
      long within = address - segment.address();
      if (segment.type() == PT_LOAD && within >= 0 && within < segment.fileSize()) {
        return Math.addExact(segment.offset(), within);
      }
    }
    throw new IndexOutOfBoundsException();
  }

  private void parseSections() {
    int count = bytes.getShort(0x3c) & 0xffff;
    int names = bytes.getShort(SECTION_STRINGS) & 0xffff;
    long table = bytes.getLong(0x28);
    int size = bytes.getShort(0x3a) & 0xffff;
    for (int i = 0; i < count; i++) {
      int at = position(table, (long) i * size);
      int strings = position(table, (long) names * size);
      String name = string(position(bytes.getLong(strings + 24), bytes.getInt(at)));
      int type = bytes.getInt(at + 4);
      long offset = bytes.getLong(at + 24);
      long length = bytes.getLong(at + 32);
      if (type != SHT_NOBITS) {
        position(offset, length);
      }
      sections.add(new Section(name, type, bytes.getLong(at + 16), offset, length));
    }
  }

  /** Name and content are padded to 4 bytes, as the tools do also in 64-bit files. */
  private void parseNotes(long offset, long size) {
    int at = position(offset, 0);
    int end = position(offset, size);
    while (at + 12 <= end) {
      int nameSize = bytes.getInt(at);
      int contentSize = bytes.getInt(at + 4);
      int type = bytes.getInt(at + 8);
      byte[] name = slice(at + 12, nameSize);
      byte[] content = slice(at + 12 + padded(nameSize), contentSize);
      String owner = new String(name, StandardCharsets.US_ASCII).replace("\0", "");
      notes.add(new Note(owner, type, content));
      at += 12 + padded(nameSize) + padded(contentSize);
    }
  }

  private static int padded(int size) {
    return (size + 3) & ~3;
  }

  /** An index into the file, checked: the end of the file is the last one allowed. */
  private int position(long base, long more) {
    long sum = Math.addExact(base, more);
    if (base < 0 || more < 0 || sum > bytes.limit()) {
      throw new IndexOutOfBoundsException();
    }
    return (int) sum;
  }

  private byte[] slice(int at, int length) {
    if (length < 0 || at < 0 || at > bytes.limit() - length) {
      throw new IndexOutOfBoundsException();
    }
    byte[] copy = new byte[length];
    bytes.get(at, copy);
    return copy;
  }

  private String string(int at) {
    int end = at;
    while (bytes.get(end) != 0) {
      end++;
    }
    return new String(slice(at, end - at), StandardCharsets.UTF_8);
  }

  /** The entry point's address. */
  public long entry() {
    return bytes.getLong(0x18);
  }

  /** The machine: 62 is x86-64. */
  public int machine() {
    return bytes.getShort(0x12) & 0xffff;
  }

  /** Whether no dynamic linker is needed. */
  public boolean statically() {
    return segments.stream().noneMatch(segment -> segment.type() == PT_INTERP);
  }

  /** The dynamic linker it asks for, an absolute path; empty for none. */
  public String interpreter() {
    return interpreter;
  }

  /** The names of the shared libraries it needs itself (DT_NEEDED), in the file's order. */
  public List<String> needed() {
    return List.copyOf(needed);
  }

  /** Whether it can be loaded anywhere. */
  public boolean positionIndependent() {
    return (bytes.getShort(0x10) & 0xffff) == ET_DYN;
  }

  /** The program headers, in the file's order. */
  public List<Segment> segments() {
    return List.copyOf(segments);
  }

  /** The section headers, in the file's order; the first is the empty one. */
  public List<Section> sections() {
    return List.copyOf(sections);
  }

  /** A section's bytes. */
  public byte[] content(Section section) {
    if (section.type() == SHT_NOBITS) {
      throw new IllegalArgumentException("a section without content: " + section.name());
    }
    return slice(Math.toIntExact(section.offset()), Math.toIntExact(section.size()));
  }

  /** The notes. */
  public List<Note> notes() {
    return List.copyOf(notes);
  }
}
