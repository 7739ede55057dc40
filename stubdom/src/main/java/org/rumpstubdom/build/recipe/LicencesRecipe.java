// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.CompressorException;
import org.apache.commons.compress.compressors.CompressorStreamFactory;
import org.rumpstubdom.build.DebFile;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.build.source.FetchedPackage;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;

/**
 * The image's copyright notices and licences: most of them ask that whoever hands the program on
 * hands on their text as well. All of it is what the packages themselves say.
 */
public final class LicencesRecipe implements Recipe {
  /** The result. */
  public static final String FILE = "copyright";

  /** What a source package's archives have, Debian's notes and upstream's own texts. */
  private static final Pattern TEXTS =
      Pattern.compile("debian/copyright|[^/]+/(COPYING|COPYRIGHT|LICEN[CS]E)[^/]*");

  private static final String RULE = "=".repeat(80) + "\n";

  private final Path own;
  private final List<SourceLock.Pinned> pins;

  /**
   * Collects them.
   *
   * @param own the project's own licence
   * @param pins the packages of which something is in the image
   */
  public LicencesRecipe(Path own, List<SourceLock.Pinned> pins) {
    this.own = own;
    this.pins = List.copyOf(pins);
  }

  @Override
  public String name() {
    return "licences";
  }

  @Override
  public String title() {
    return "collect licences";
  }

  @Override
  public List<String> packages() {
    return pins.stream().map(SourceLock.Pinned::name).toList();
  }

  @Override
  public List<String> dependencies() {
    return List.of();
  }

  @Override
  public void addInputs(Hashing.Key key) throws IOException {
    key.add("own", Hashing.sha256(own));
    pins.forEach(pin -> key.add(pin.name(), String.join(", ", pin.licences())));
  }

  @Override
  public void build(Workspace work) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        The stub domain's image: what it is made of, whose that is, and under which terms.

        The kernel (stubdom-kernel) is Rump Stubdom's own. The ramdisk (stubdom-ramdisk) holds one
        statically linked program, QEMU, with the libraries named below and Rump Stubdom's additions
        to the C library; and, as files of their own, firmware and keymaps. QEMU as a whole is under
        the GNU General Public License, version 2, and so is this program; of licences to choose from
        the ones that go with it are chosen. Firmware keeps the terms of its own package.

        The sources are packages of Debian's, without a patch, in the versions named below; there,
        `apt-get source NAME=VERSION` fetches them. manifest.json has the SHA-256 of every file of
        theirs. Rump Stubdom's sources and the scripts that make the image of all of these are those
        of the version in manifest.json.

        """);
    for (SourceLock.Pinned pin : pins) {
      text.append(
          "  %s %s: %s%n"
              .formatted(
                  pin.name(), work.fetched(pin.name()).version(), String.join(", ", pin.licences()))
              .replace(System.lineSeparator(), "\n"));
    }
    text.append("  libgcc, of the compiler: GPL-3.0-or-later WITH GCC-exception-3.1\n\n");
    section(text, "Rump Stubdom", Files.readString(own));
    Map<String, String> seen = new HashMap<>();
    for (SourceLock.Pinned pin : pins) {
      work.note(pin.name());
      FetchedPackage fetched = work.fetched(pin.name());
      SortedMap<String, String> texts =
          pin.kind() == SourceLock.Kind.BINARY ? ofBinary(fetched, work) : ofSource(fetched);
      if (texts.isEmpty()) {
        throw StubdomException.input(
            pin.name() + " " + fetched.version(), "has no text of its licence", "report it");
      }
      texts.forEach(
          (file, words) -> {
            String name = pin.name() + " " + fetched.version() + ": " + file;
            String first = seen.putIfAbsent(words, name);
            section(text, name, first == null ? words : "The same text as " + first + "\n");
          });
    }
    Files.writeString(work.out().resolve(FILE), text);
  }

  private static void section(StringBuilder text, String title, String words) {
    text.append(RULE).append(title).append('\n').append(RULE).append('\n');
    text.append(words.strip()).append("\n\n");
  }

  private static SortedMap<String, String> ofBinary(FetchedPackage fetched, Workspace work)
      throws IOException {
    String file = "usr/share/doc/" + fetched.pin().name() + "/copyright";
    Path unpacked = work.root().resolve("unpacked");
    DebFile.extract(fetched.file(".deb"), file::equals, unpacked);
    SortedMap<String, String> texts = new TreeMap<>();
    if (Files.isRegularFile(unpacked.resolve(file))) {
      texts.put("/" + file, decoded(Files.readAllBytes(unpacked.resolve(file))));
    }
    return texts;
  }

  private static SortedMap<String, String> ofSource(FetchedPackage fetched) throws IOException {
    SortedMap<String, String> texts = new TreeMap<>();
    for (String file : new TreeSet<>(fetched.files().keySet())) {
      if (file.contains(".tar.") && !file.endsWith(".asc")) {
        read(fetched.directory().resolve(file), texts);
      }
    }
    return texts;
  }

  private static void read(Path archive, SortedMap<String, String> texts) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        InputStream plain = new CompressorStreamFactory().createCompressorInputStream(file);
        TarArchiveInputStream tar = new TarArchiveInputStream(plain)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = entry.getName().replaceFirst("^\\./", "");
        if (entry.isFile() && TEXTS.matcher(name).matches()) {
          texts.put(
              name.startsWith("debian/") ? name : name.substring(name.indexOf('/') + 1),
              decoded(tar.readAllBytes()));
        }
      }
    } catch (CompressorException e) {
      throw StubdomException.input(
          archive.getFileName().toString(),
          "is compressed in an unknown way",
          "fetch the package again");
    }
  }

  /** Old texts have the names of their authors in Latin-1. */
  private static String decoded(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }
}
