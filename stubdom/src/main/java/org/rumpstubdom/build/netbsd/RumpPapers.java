// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rumpstubdom.image.Component;
import org.rumpstubdom.util.StubdomException;

/**
 * What the papers of an image say of NetBSD's code in its kernel. Its notices and licences must go
 * with it, and neither the project nor the libraries have them: the user's file has, or the papers
 * say that they are missing.
 */
public final class RumpPapers {
  private static final List<String> NAMES = List.of("copyright", "COPYRIGHT");

  private static final String MISSING =
      """
      They are MISSING in this file: no text was named with --rump-copyright when the image was
      built, and no file "copyright" lay beside the libraries. Whoever hands this image on must add
      them. NetBSD's sources have them, at the head of each file.
      """;

  private static final String RULE = "=".repeat(80) + "\n";

  private final RumpLibraries libraries;
  private final RumpSelection selection;
  private final Path notices;

  /**
   * Papers of a kernel with what was chosen of these libraries.
   *
   * @param notices what {@link #notices} has found, or null
   */
  public RumpPapers(RumpLibraries libraries, RumpSelection selection, Path notices) {
    this.libraries = libraries;
    this.selection = selection;
    this.notices = notices;
  }

  /**
   * The file with NetBSD's notices: the one that is named, or one beside the libraries.
   *
   * @param named by the user, or null
   * @throws StubdomException (3) when the named one cannot be used
   */
  public static Optional<Path> notices(Path named, RumpLibraries libraries) throws IOException {
    if (named != null) {
      if (!Files.isRegularFile(named) || !Files.isReadable(named)) {
        throw StubdomException.input(named.toString(), "no such file", "name NetBSD's notices");
      }
      if (text(named).isBlank()) {
        throw StubdomException.input(named.toString(), "is empty", "name NetBSD's notices");
      }
      return Optional.of(named);
    }
    for (String name : NAMES) {
      Path file = libraries.directory().resolve(name);
      if (Files.isRegularFile(file) && !text(file).isBlank()) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /** Names of authors are in Latin-1, in UTF-8, or in both: any byte is taken for itself. */
  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  /** The file with the notices, when there is one. */
  public Optional<Path> notices() {
    return Optional.ofNullable(notices);
  }

  private String release() {
    return libraries.release().orElse("of an unnamed release");
  }

  /**
   * Writes an image's file of notices: what the rest of the image has, and NetBSD's.
   *
   * @param others the text of all but NetBSD's kernel
   */
  public void writeCopyright(Path others, Path target) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("NetBSD's rump kernel, NetBSD ").append(release());
    text.append(", is linked into this image's kernel, stubdom-kernel:\n");
    selection.names().forEach(name -> text.append("  ").append(name).append('\n'));
    text.append("Its notices are at the end. The rest of the image is as the text below says.\n\n");
    text.append(text(others).stripTrailing()).append("\n\n");
    text.append(RULE).append("NetBSD ").append(release()).append(": the rump kernel\n");
    text.append(RULE).append('\n');
    libraries
        .notice()
        .ifPresent(
            words -> text.append("The kernel says of itself:\n\n").append(words).append('\n'));
    text.append("The notices and licences of its parts:\n\n");
    text.append(notices == null ? MISSING : text(notices).strip() + "\n");
    Files.write(target, text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** For the bill of materials. */
  public Component component() {
    return new Component(
        "library",
        "netbsd-rump-kernel",
        libraries.release().orElse("unknown"),
        libraries.hash(),
        List.of(),
        "",
        Map.of("libraries", String.join(" ", selection.names()), "notices", state()));
  }

  private String state() {
    return notices == null ? "missing" : "given";
  }

  /** For the manifest. */
  public JsonObject facts() {
    JsonObject facts = new JsonObject();
    libraries.release().ifPresent(release -> facts.addProperty("release", release));
    libraries.hypercalls().ifPresent(version -> facts.addProperty("hypercalls", version));
    facts.addProperty("sha256", libraries.hash());
    JsonArray names = new JsonArray();
    selection.names().forEach(names::add);
    facts.add("libraries", names);
    facts.addProperty("notices", state());
    return facts;
  }
}
