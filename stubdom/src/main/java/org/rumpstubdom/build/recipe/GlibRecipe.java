// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.util.Trees;

/** libglib, libgthread and libgmodule; gobject and gio are never compiled. */
public final class GlibRecipe implements Recipe {
  @Override
  public String name() {
    return "glib";
  }

  @Override
  public String title() {
    return "build glib";
  }

  @Override
  public List<String> packages() {
    return List.of("glib2.0");
  }

  @Override
  public List<String> dependencies() {
    return List.of("headers", "musl", "zlib", "pcre2");
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("glib2.0");
    CrossCompiler.install(work);
    // glib's set-up insists on finding libffi, for gobject. Nothing is ever linked with it.
    Path placeholders = Files.createDirectories(work.root().resolve("placeholders"));
    Files.writeString(
        placeholders.resolve("libffi.pc"),
        "Name: libffi\nDescription: placeholder, never linked\nVersion: 3.4.4\nLibs:\nCflags:\n");
    work.command("meson", "setup", "--cross-file=" + CrossCompiler.mesonFile(work))
        .args("--prefix=/usr", "--libdir=lib", "--buildtype=plain", "--wrap-mode=nodownload")
        .args("-Dc_args=" + CrossCompiler.CFLAGS, "-Ddefault_library=static")
        .args("-Db_pie=false", "-Db_staticpic=false", "-Dtests=false", "-Dselinux=disabled")
        .args("-Dlibmount=disabled", "-Dxattr=false", "-Dnls=disabled", "-Dlibelf=disabled")
        .args("-Dglib_debug=disabled", "-Dman=false", "-Dgtk_doc=false")
        .args(".", "../src")
        .describe("configure glib")
        .run();
    work.command("ninja", "-j" + work.jobs())
        .args("glib/libglib-2.0.a", "gthread/libgthread-2.0.a", "gmodule/libgmodule-2.0.a")
        .describe("compile glib")
        .run();
    install(work);
  }

  /** By hand, because {@code ninja install} would build gobject and gio. */
  private static void install(Workspace work) throws IOException {
    Path include = work.out().resolve("usr/include/glib-2.0");
    for (Path from : List.of(work.source(), work.build())) {
      for (String directory : List.of("glib", "glib/deprecated", "gmodule")) {
        headers(from.resolve(directory), include.resolve(directory));
      }
    }
    for (String top : List.of("glib/glib.h", "glib/glib-unix.h", "gmodule/gmodule.h")) {
      Path header = include.resolve(top);
      Files.move(header, include.resolve(header.getFileName()));
    }
    Files.delete(include.resolve("glib/glib-object.h"));
    Path lib = Files.createDirectories(work.out().resolve("usr/lib/pkgconfig")).getParent();
    Path config = Files.createDirectories(lib.resolve("glib-2.0/include"));
    Files.move(include.resolve("glib/glibconfig.h"), config.resolve("glibconfig.h"));
    for (String archive : List.of("glib", "gthread", "gmodule")) {
      String name = "lib" + archive + "-2.0.a";
      Files.copy(work.build().resolve(archive + "/" + name), lib.resolve(name));
    }
    for (String pc :
        List.of(
            "glib-2.0",
            "gthread-2.0",
            "gmodule-2.0",
            "gmodule-no-export-2.0",
            "gmodule-export-2.0")) {
      Files.copy(
          work.build().resolve("meson-private/" + pc + ".pc"),
          lib.resolve("pkgconfig/" + pc + ".pc"));
    }
  }

  private static void headers(Path from, Path to) throws IOException {
    if (!Files.isDirectory(from)) {
      return;
    }
    Files.createDirectories(to);
    for (Path file : Trees.list(from)) {
      if (file.toString().endsWith(".h")) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
