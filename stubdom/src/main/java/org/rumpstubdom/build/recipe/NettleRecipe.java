// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;

/** nettle: the DES cipher of VNC's password check. */
public final class NettleRecipe implements Recipe {
  @Override
  public String name() {
    return "nettle";
  }

  @Override
  public String title() {
    return "build nettle";
  }

  @Override
  public List<String> packages() {
    return List.of("nettle");
  }

  @Override
  public List<String> dependencies() {
    return List.of("headers", "musl");
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("nettle");
    CrossCompiler.install(work);
    work.script(
            "../src/configure",
            "--host=" + CrossCompiler.HOST,
            "--prefix=/usr",
            "--libdir=/usr/lib",
            "--disable-shared",
            "--enable-static",
            "--disable-public-key",
            "--disable-assembler",
            "--disable-openssl",
            "--disable-documentation",
            "CC=" + CrossCompiler.PREFIX + "gcc",
            "CC_FOR_BUILD=" + work.tools().program("gcc"),
            "CFLAGS=" + CrossCompiler.CFLAGS)
        .run();
    work.make("libnettle.a", "nettle.pc").run();
    work.make("install-headers", "install-static", "DESTDIR=" + work.out()).run();
    Path pc = Files.createDirectories(work.out().resolve("usr/lib/pkgconfig"));
    Files.copy(work.build().resolve("nettle.pc"), pc.resolve("nettle.pc"));
  }
}
