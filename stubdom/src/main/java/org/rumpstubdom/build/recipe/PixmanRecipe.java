// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.nio.file.Files;
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
    // Since 0.44 it has no configure script any more.
    if (Files.exists(work.source().resolve("configure"))) {
      configured(work);
    } else {
      planned(work);
    }
  }

  private static void configured(Workspace work) throws IOException {
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

  private static void planned(Workspace work) throws IOException {
    work.command("meson", "setup", "--cross-file=" + CrossCompiler.mesonFile(work))
        .args("--prefix=/usr", "--libdir=lib", "--buildtype=plain", "--wrap-mode=nodownload")
        .args("-Dc_args=" + CrossCompiler.CFLAGS, "-Ddefault_library=static")
        .args("-Db_pie=false", "-Db_staticpic=false", "-Dtests=disabled", "-Ddemos=disabled")
        .args("-Dgtk=disabled", "-Dlibpng=disabled", "-Dopenmp=disabled")
        .args(".", "../src")
        .describe("configure pixman")
        .run();
    work.command("ninja", "-j" + work.jobs()).describe("compile pixman").run();
    work.command("ninja", "install").env("DESTDIR", work.out().toString()).run();
  }
}
