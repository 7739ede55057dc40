// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rumpstubdom.image.ElfFile;
import org.rumpstubdom.util.StubdomException;

/** Which room of our kernel has which code, by the linker's map. */
final class KernelRooms {
  /** An input section with its address, size and file; long names have a line of their own. */
  private static final Pattern PIECE =
      Pattern.compile("^ .*?0x([0-9a-f]+)\\s+0x([0-9a-f]+)\\s+(\\S+\\.o\\)?)$");

  /** Where the output section of code begins, and where the next one does. */
  private static final Pattern CODE = Pattern.compile("^\\.text(\\s.*)?$");

  private static final Pattern SECTION = Pattern.compile("^\\S.*$");

  private static final String RUNTIME = "rump-runtime";

  /** A piece of code. */
  private record Piece(long end, String room) {}

  private final TreeMap<Long, Piece> pieces = new TreeMap<>(Long::compareUnsigned);

  private KernelRooms() {}

  /**
   * The rooms of a kernel that was built with the map beside it.
   *
   * @param built the kernel
   * @param map the linker's map of that build
   * @param kernel the one that runs
   * @throws StubdomException (3) when they are not of the same code
   */
  static KernelRooms of(Path built, Path map, Path kernel) throws IOException {
    if (!Arrays.equals(code(built), code(kernel))) {
      throw StubdomException.input(
          kernel.toString(),
          "is not this source tree's kernel, of which the rooms are known",
          "leave out --image, or build the image with `stubdom build --out` from here");
    }
    try (Stream<String> lines = Files.lines(map)) {
      return parse(lines.toList());
    }
  }

  private static byte[] code(Path kernel) throws IOException {
    ElfFile elf = ElfFile.read(kernel);
    return elf.sections().stream()
        .filter(section -> section.name().equals(".text"))
        .findFirst()
        .map(elf::content)
        .orElse(new byte[0]);
  }

  /** Reads a map. */
  static KernelRooms parse(List<String> map) {
    KernelRooms rooms = new KernelRooms();
    boolean code = false;
    for (String line : map) {
      if (SECTION.matcher(line).matches()) {
        code = CODE.matcher(line).matches();
      }
      Matcher piece = PIECE.matcher(line);
      if (code && piece.matches()) {
        long begin = Long.parseUnsignedLong(piece.group(1), 16);
        long size = Long.parseUnsignedLong(piece.group(2), 16);
        if (size > 0) {
          rooms.pieces.put(begin, new Piece(begin + size, room(piece.group(3))));
        }
      }
    }
    return rooms;
  }

  /**
   * The room of an object, whose name has the source's path with _ for /; members of an archive go
   * by the archive's name. What "stubdom inspect" says of rooms' sizes has the same names.
   */
  private static String room(String object) {
    String name = object.replaceFirst("\\(.*", "").replaceFirst(".*/", "");
    if (object.contains("(")) {
      return name;
    }
    String[] parts = name.split("_", -1);
    if (!parts[0].equals(RUNTIME) || parts.length < 3) {
      return parts[0];
    }
    return RUNTIME + "/" + parts[1] + (parts[1].equals("platform") ? "/" + parts[2] : "");
  }

  /** The room with the code at an address. */
  Optional<String> at(long address) {
    Map.Entry<Long, Piece> piece = pieces.floorEntry(address);
    return piece == null || Long.compareUnsigned(address, piece.getValue().end()) >= 0
        ? Optional.empty()
        : Optional.of(piece.getValue().room());
  }
}
