// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.util.List;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;

/** libpcre2-8: regular expressions for glib. */
public final class Pcre2Recipe implements Recipe {
  @Override
  public String name() {
    return "pcre2";
  }

  @Override
  public String title() {
    return "build pcre2";
  }

  @Override
  public List<String> packages() {
    return List.of("pcre2");
  }

  @Override
  public List<String> dependencies() {
    return List.of("headers", "musl");
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("pcre2");
    CrossCompiler.install(work);
    work.script(
            "../src/configure",
            "--host=" + CrossCompiler.HOST,
            "--prefix=/usr",
            "--disable-shared",
            "--enable-static",
            "--disable-jit",
            "--enable-unicode",
            "CC=" + CrossCompiler.PREFIX + "gcc",
            "CFLAGS=" + CrossCompiler.CFLAGS)
        .run();
    work.make("libpcre2-8.la").run();
    work.make(
            "install-libLTLIBRARIES",
            "install-nodist_includeHEADERS",
            "install-includeHEADERS",
            "install-pkgconfigDATA",
            "DESTDIR=" + work.out())
        .run();
  }
}
