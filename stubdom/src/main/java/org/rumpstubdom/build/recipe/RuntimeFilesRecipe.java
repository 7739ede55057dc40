// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rumpstubdom.build.DebFile;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;

/** The files QEMU opens at run time, from Debian's binary packages: option ROMs and keymaps. */
public final class RuntimeFilesRecipe implements Recipe {
  private static final String RESOURCE = "/org/rumpstubdom/build/runtime-files.txt";

  @Override
  public String name() {
    return "runtime-files";
  }

  @Override
  public String title() {
    return "collect firmware and keymaps";
  }

  @Override
  public List<String> packages() {
    return List.of("seabios", "ipxe-qemu", "qemu-system-data");
  }

  @Override
  public List<String> dependencies() {
    return List.of();
  }

  @Override
  public void addInputs(Hashing.Key key) {
    files().forEach(key::add);
  }

  @Override
  public void build(Workspace work) throws IOException {
    Map<String, String> wanted = files();
    Path unpacked = work.root().resolve("unpacked");
    for (String name : packages()) {
      DebFile.extract(
          work.fetched(name).file(".deb"),
          file -> wanted.values().stream().anyMatch(value -> places(value).contains(file)),
          unpacked);
    }
    for (Map.Entry<String, String> file : wanted.entrySet()) {
      Path source =
          places(file.getValue()).stream()
              .map(unpacked::resolve)
              .filter(Files::isRegularFile)
              .findFirst()
              .orElseThrow(
                  () ->
                      StubdomException.input(
                          "/" + file.getValue(),
                          "not in any of " + String.join(", ", packages()),
                          "use the pinned versions of these packages"));
      Path target = work.out().resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.copy(source, target);
    }
  }

  /** Where packages have a file: network cards' ROMs have moved between releases. */
  private static List<String> places(String file) {
    return List.of(file, "usr/share/qemu/" + file.substring(file.lastIndexOf('/') + 1));
  }

  /** The files of an image to the packages' files they are, both named as below {@code /}. */
  public static SortedMap<String, String> files() {
    SortedMap<String, String> files = new TreeMap<>();
    try (InputStream in = RuntimeFilesRecipe.class.getResourceAsStream(RESOURCE)) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          String[] field = line.split(" = ", -1);
          files.put(field[0], field[field.length - 1]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
