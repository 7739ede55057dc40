// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.util.List;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;

/** pixman, which QEMU's displays draw with. */
public final class PixmanRecipe implements Recipe {
  @Override
  public String name() {
    return "pixman";
  }

  @Override
  public String title() {
    return "build pixman";
  }

  @Override
  public List<String> packages() {
    return List.of("pixman");
  }

  @Override
  public List<String> dependencies() {
    return List.of("headers", "musl");
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("pixman");
    CrossCompiler.install(work);
    work.script(
            "../src/configure",
            "--host=" + CrossCompiler.HOST,
            "--prefix=/usr",
            "--disable-shared",
            "--enable-static",
            "--disable-gtk",
            "--disable-libpng",
            "--disable-openmp",
            "CC=" + CrossCompiler.PREFIX + "gcc",
            "CFLAGS=" + CrossCompiler.CFLAGS)
        .run();
    work.make("-C", "pixman").run();
    work.make("-C", "pixman", "install", "DESTDIR=" + work.out()).run();
    work.make("install-pkgconfigDATA", "DESTDIR=" + work.out()).run();
  }
}
