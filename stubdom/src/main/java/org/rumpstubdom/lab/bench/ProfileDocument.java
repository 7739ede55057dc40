// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.rumpstubdom.lab.bench.DocumentParts.Part;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.StubdomException;

/**
 * The parts "profile" of a Markdown document, each with the figures whose profiles it shows beside
 * each other, on all device models:
 *
 * <pre>
 * &lt;!-- bench: profile io/port-read io/memory-read --&gt;
 * &lt;!-- bench: end --&gt;
 * </pre>
 */
public final class ProfileDocument {
  private final ProfileResult result;

  /** Documents of those profiles. */
  public ProfileDocument(ProfileResult result) {
    this.result = result;
  }

  /**
   * Checks that a document can be renewed, for what is done only after long work.
   *
   * @throws StubdomException (3) when it has no part for profiles, or an unknown one
   */
  public static void require(Path document) throws IOException {
    DocumentParts.require(document, BenchDocument.PARTS, Set.of(BenchDocument.PROFILE_PART));
  }

  /**
   * Renews a document's profiles.
   *
   * @throws StubdomException (3) when it shows one that was not taken
   */
  public void renew(Path document) throws IOException {
    require(document);
    AtomicFiles.write(document, renewed(document));
  }

  /** What a document has to be. */
  String renewed(Path document) throws IOException {
    return DocumentParts.with(
        document,
        part ->
            part.name().equals(BenchDocument.PROFILE_PART)
                ? table(document, part)
                : part.content());
  }

  private String table(Path document, Part part) {
    List<Profile> profiles = new ArrayList<>();
    for (String key : part.words()) {
      List<Profile> found = result.of(key);
      if (found.isEmpty()) {
        throw StubdomException.input(
            document.toString(), "shows " + key + ", which was not profiled", "profile that, too");
      }
      profiles.addAll(found);
    }
    return "\n" + new ProfileTable(profiles).markdown() + "\n";
  }
}
