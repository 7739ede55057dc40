// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.util.List;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;

/** zlib, which QEMU always links. */
public final class ZlibRecipe implements Recipe {
  @Override
  public String name() {
    return "zlib";
  }

  @Override
  public String title() {
    return "build zlib";
  }

  @Override
  public List<String> packages() {
    return List.of("zlib");
  }

  @Override
  public List<String> dependencies() {
    return List.of("headers", "musl");
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("zlib");
    CrossCompiler.install(work);
    // zlib builds where its sources are.
    work.script("./configure", "--prefix=/usr", "--static")
        .in(work.source())
        .env("CHOST", CrossCompiler.HOST)
        .env("CC", CrossCompiler.PREFIX + "gcc")
        .env("CFLAGS", CrossCompiler.CFLAGS)
        .run();
    work.make("libz.a").in(work.source()).run();
    work.make("install", "DESTDIR=" + work.out()).in(work.source()).run();
  }
}
