// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.Trees;

/** The C library: musl with our overlay, which decides where a system call goes. */
public final class MuslRecipe implements Recipe {
  private final Path overlay;

  /**
   * A recipe.
   *
   * @param overlay the files to put over musl's tree
   */
  public MuslRecipe(Path overlay) {
    this.overlay = overlay;
  }

  @Override
  public String name() {
    return "musl";
  }

  @Override
  public String title() {
    return "build musl";
  }

  @Override
  public List<String> packages() {
    return List.of("musl");
  }

  @Override
  public List<String> dependencies() {
    return List.of();
  }

  @Override
  public void addInputs(Hashing.Key key) throws IOException {
    Trees.digest(overlay).forEach(key::add);
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("musl");
    Trees.copy(overlay, work.source());
    work.script(
            "../src/configure",
            "--prefix=/usr",
            "--disable-shared",
            "--disable-wrapper",
            "CC=" + work.tools().program("gcc"),
            "CFLAGS=" + CrossCompiler.CFLAGS + " -fno-pie -mno-red-zone " + work.prefixMap())
        .run();
    work.make().run();
    work.make("install", "DESTDIR=" + work.out()).run();
  }
}
