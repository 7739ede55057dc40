// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.util.Trees;

/** Linux's user-space interface headers, which musl leaves to the kernel. */
public final class KernelHeadersRecipe implements Recipe {
  @Override
  public String name() {
    return "headers";
  }

  @Override
  public String title() {
    return "unpack kernel headers";
  }

  @Override
  public List<String> packages() {
    return List.of("linux-libc-dev");
  }

  @Override
  public List<String> dependencies() {
    return List.of();
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("linux-libc-dev");
    Path from = work.source().resolve("usr/include");
    Path include = work.out().resolve("usr/include");
    for (String name : List.of("linux", "asm-generic", "mtd")) {
      Trees.copy(from.resolve(name), include.resolve(name));
    }
    // Since Debian 13 these are links to what all architectures' packages share.
    Path asm = Files.createDirectories(include.resolve("asm"));
    for (Path header : Trees.list(from.resolve("x86_64-linux-gnu/asm"))) {
      Files.copy(header, asm.resolve(header.getFileName()));
    }
  }
}
