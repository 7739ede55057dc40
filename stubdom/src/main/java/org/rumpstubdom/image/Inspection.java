// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;

/** Looks into kernels, emulators, ramdisks and image directories. */
public final class Inspection {
  /** The magic of a newc archive. */
  private static final String NEWC = "070701";

  private static final String ROOMS = ".rooms";
  private static final List<String> ROOM_KINDS = List.of("text", "constants", "data", "bss");

  private Inspection() {}

  /**
   * Looks into a file or an image directory.
   *
   * @return what it is ("kind": elf, ramdisk or image), size and hash, and what is inside
   * @throws StubdomException (input) when it is nothing known, or damaged
   */
  public static JsonObject of(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return image(path);
    }
    byte[] start;
    try (InputStream in = Files.newInputStream(path)) {
      start = in.readNBytes(NEWC.length());
    }
    JsonObject result = new JsonObject();
    result.addProperty("file", path.toString());
    if (ElfFile.looksLike(start)) {
      result.addProperty("kind", "elf");
      facts(path, result);
      elf(ElfFile.read(path), result);
    } else if (new String(start, StandardCharsets.US_ASCII).equals(NEWC)) {
      result.addProperty("kind", "ramdisk");
      facts(path, result);
      ramdisk(path, result);
    } else {
      throw StubdomException.input(
          path.toString(),
          "neither an ELF file nor an uncompressed newc archive nor an image directory",
          "unpack it first if it is compressed");
    }
    return result;
  }

  private static void facts(Path file, JsonObject result) throws IOException {
    result.addProperty("size", Files.size(file));
    result.addProperty("sha256", Hashing.sha256(file));
  }

  private static JsonObject image(Path directory) throws IOException {
    ImageDirectory image = ImageDirectory.open(directory);
    image.verify();
    JsonObject result = new JsonObject();
    result.addProperty("file", directory.toString());
    result.addProperty("kind", "image");
    result.add("manifest", image.manifest());
    result.add("kernel", of(image.kernel()));
    result.add("ramdisk", of(image.ramdisk()));
    return result;
  }

  private static void elf(ElfFile elf, JsonObject result) {
    result.addProperty("entry", hex(elf.entry()));
    result.addProperty("static", elf.statically());
    result.addProperty("positionIndependent", elf.positionIndependent());
    JsonArray segments = new JsonArray();
    for (ElfFile.Segment segment : elf.segments()) {
      if (segment.type() == 1) {
        JsonObject item = new JsonObject();
        item.addProperty("address", hex(segment.address()));
        item.addProperty("fileSize", segment.fileSize());
        item.addProperty("memorySize", segment.memorySize());
        item.addProperty(
            "access",
            ((segment.flags() & 4) != 0 ? "r" : "-")
                + ((segment.flags() & 2) != 0 ? "w" : "-")
                + ((segment.flags() & 1) != 0 ? "x" : "-"));
        segments.add(item);
      }
    }
    result.add("segments", segments);
    JsonArray sections = new JsonArray();
    for (ElfFile.Section section : elf.sections()) {
      if (!section.name().isEmpty()) {
        JsonObject item = new JsonObject();
        item.addProperty("name", section.name());
        item.addProperty("address", hex(section.address()));
        item.addProperty("size", section.size());
        sections.add(item);
      }
    }
    result.add("sections", sections);
    rooms(elf, result);
    JsonArray notes = new JsonArray();
    for (ElfFile.Note note : elf.notes()) {
      boolean xen = note.owner().equals("Xen");
      JsonObject item = new JsonObject();
      item.addProperty("owner", note.owner());
      item.addProperty("type", note.type());
      item.addProperty("name", xen ? XenNote.name(note.type()) : "type " + note.type());
      item.addProperty(
          "value",
          xen
              ? XenNote.text(note.type(), note.content())
              : HexFormat.of().formatHex(note.content()));
      notes.add(item);
    }
    result.add("notes", notes);
  }

  /** Our kernel says in a section of its own how large each room is; see rooms.awk. */
  private static void rooms(ElfFile elf, JsonObject result) {
    JsonArray rooms = new JsonArray();
    for (ElfFile.Section section : elf.sections()) {
      if (!section.name().equals(ROOMS)) {
        continue;
      }
      for (String line :
          new String(elf.content(section), StandardCharsets.UTF_8).lines().toList()) {
        List<String> fields = List.of(line.split(" ", -1));
        JsonObject item = new JsonObject();
        item.addProperty("name", fields.get(0));
        for (int i = 0; i < ROOM_KINDS.size(); i++) {
          item.addProperty(ROOM_KINDS.get(i), Long.parseLong(fields.get(i + 1)));
        }
        rooms.add(item);
      }
    }
    if (!rooms.isEmpty()) {
      result.add("rooms", rooms);
    }
  }

  private static void ramdisk(Path file, JsonObject result) throws IOException {
    JsonArray entries = new JsonArray();
    List<Ramdisk.Item> items = Ramdisk.list(file);
    for (Ramdisk.Item item : items) {
      JsonObject entry = new JsonObject();
      entry.addProperty("name", item.name());
      entry.addProperty("mode", "0" + Integer.toOctalString(item.mode()));
      entry.addProperty("size", item.size());
      entry.addProperty("offset", item.dataOffset());
      if (!item.target().isEmpty()) {
        entry.addProperty("target", item.target());
      }
      entries.add(entry);
    }
    result.add("entries", entries);
    if (!items.isEmpty() && items.get(0).name().equals(RamdiskManifest.NAME)) {
      result.addProperty(
          "manifest", new String(Ramdisk.read(file, RamdiskManifest.NAME), StandardCharsets.UTF_8));
    }
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
