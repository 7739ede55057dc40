// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.rumpstubdom.image.ElfFile;
import org.rumpstubdom.util.StubdomException;

/** Finds the shared libraries programs need, inside a file tree that is not the running system. */
final class SharedLibraries {
  private SharedLibraries() {}

  /**
   * The closure of the libraries of some programs, the dynamic linker included.
   *
   * @param tree the file tree
   * @param programs paths below {@code tree}, without a leading slash
   * @return paths below {@code tree}, sorted; the linker under the name programs ask for it
   */
  static Set<String> of(Path tree, List<String> programs) throws IOException {
    Set<String> found = new TreeSet<>();
    Deque<String> open = new ArrayDeque<>(programs);
    while (!open.isEmpty()) {
      ElfFile file = ElfFile.read(tree.resolve(open.pop()));
      List<String> names = new ArrayList<>(file.needed());
      if (!file.interpreter().isEmpty()) {
        names.add(file.interpreter());
      }
      for (String name : names) {
        String path = locate(tree, name);
        if (found.add(path)) {
          open.add(path);
        }
      }
    }
    return found;
  }

  private static String locate(Path tree, String name) throws IOException {
    if (name.startsWith("/")) {
      return name.substring(1);
    }
    String path = "usr/lib/x86_64-linux-gnu/" + name;
    if (Files.exists(tree.resolve(path), LinkOption.NOFOLLOW_LINKS)) {
      return path;
    }
    throw StubdomException.build(
        "lab root", "library " + name + " is in none of the packages", "report it");
  }
}
