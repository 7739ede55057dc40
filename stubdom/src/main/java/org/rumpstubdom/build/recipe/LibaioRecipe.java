// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.util.List;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;

/** libaio, with which QEMU hands over disk requests without a thread for each. */
public final class LibaioRecipe implements Recipe {
  @Override
  public String name() {
    return "libaio";
  }

  @Override
  public String title() {
    return "build libaio";
  }

  @Override
  public List<String> packages() {
    return List.of("libaio");
  }

  @Override
  public List<String> dependencies() {
    return List.of("headers", "musl");
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("libaio");
    CrossCompiler.install(work);
    // libaio builds where its sources are; its own install target wants the shared library, too.
    work.make(
            "-C",
            "src",
            "CC=" + CrossCompiler.PREFIX + "gcc",
            "AR=" + CrossCompiler.PREFIX + "ar",
            "RANLIB=" + CrossCompiler.PREFIX + "ranlib",
            "CFLAGS=-I. -Wall -fomit-frame-pointer " + CrossCompiler.CFLAGS,
            "ENABLE_SHARED=0",
            "libaio.a")
        .in(work.source())
        .run();
    work.make(
            "-C",
            "src",
            "CC=" + CrossCompiler.PREFIX + "gcc",
            "CFLAGS=-I. -Wall -fomit-frame-pointer " + CrossCompiler.CFLAGS,
            "ENABLE_SHARED=0",
            "prefix=" + work.out().resolve("usr"),
            "install")
        .in(work.source())
        .run();
  }
}
