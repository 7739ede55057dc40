// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.StubdomException;

/** The parts of a Markdown document that are made, each between two comments. */
final class DocumentParts {
  private static final Pattern PART =
      Pattern.compile(
          "(?s)(<!-- bench: (?<name>[a-z]+)(?<words>(?: [a-z0-9/-]+)*) -->\\n)"
              + ".*?(<!-- bench: end -->)");

  private DocumentParts() {}

  /**
   * A part as it stands in the document.
   *
   * @param name what it is
   * @param words what else its first comment says
   * @param content what it holds now
   */
  record Part(String name, List<String> words, String content) {}

  /** The parts of a document. */
  static List<Part> of(Path document) throws IOException {
    List<Part> parts = new ArrayList<>();
    Matcher part = PART.matcher(Files.readString(document));
    while (part.find()) {
      parts.add(part(part.toMatchResult()));
    }
    return parts;
  }

  private static Part part(MatchResult found) {
    String begin = found.group(1);
    String whole = found.group();
    String content = whole.substring(begin.length(), whole.length() - found.group(4).length());
    String words = found.group(3).strip();
    return new Part(
        found.group(2), words.isEmpty() ? List.of() : List.of(words.split(" ", -1)), content);
  }

  /** What the document is with other contents of its parts. */
  static String with(Path document, Function<Part, String> content) throws IOException {
    return PART.matcher(Files.readString(document))
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    found.group(1) + content.apply(part(found)) + found.group(4)));
  }

  /**
   * Checks that a document can be renewed, for what is done only after long work.
   *
   * @param known the names that parts can have
   * @param wanted those of which one has to be there
   * @throws StubdomException (3) when it has none of them, or an unknown one
   */
  static void require(Path document, Set<String> known, Set<String> wanted) throws IOException {
    AtomicFiles.require(document);
    if (!Files.isRegularFile(document)) {
      throw StubdomException.input(document.toString(), "no such file", "");
    }
    List<Part> parts = of(document);
    for (Part part : parts) {
      if (!known.contains(part.name())) {
        throw StubdomException.input(
            document.toString(),
            "has the unknown part " + part.name(),
            "parts are " + String.join(", ", known.stream().sorted().toList()));
      }
    }
    if (parts.stream().noneMatch(part -> wanted.contains(part.name()))) {
      String example = wanted.stream().sorted().reduce((first, last) -> last).orElseThrow();
      throw StubdomException.input(
          document.toString(),
          "has no part for figures",
          "put the lines <!-- bench: " + example + " --> and <!-- bench: end --> into it");
    }
  }
}
