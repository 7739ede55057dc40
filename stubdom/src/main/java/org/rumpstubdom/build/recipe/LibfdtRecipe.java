// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.util.Hashing;

/**
 * libfdt, which QEMU insists on for any x86 target. Xen's source carries a copy: taking that one
 * saves a source package. The part that ties it to the hypervisor is one header, which ours
 * replaces.
 */
public final class LibfdtRecipe implements Recipe {
  /** All of libfdt but overlays, which need more of the hypervisor and QEMU never uses. */
  private static final List<String> UNITS =
      List.of(
          "fdt",
          "fdt_addresses",
          "fdt_check",
          "fdt_empty_tree",
          "fdt_ro",
          "fdt_rw",
          "fdt_strerror",
          "fdt_sw",
          "fdt_wip");

  private final Path environment;

  /**
   * A recipe.
   *
   * @param environment our header {@code libfdt_env.h}
   */
  public LibfdtRecipe(Path environment) {
    this.environment = environment;
  }

  @Override
  public String name() {
    return "libfdt";
  }

  @Override
  public String title() {
    return "build libfdt";
  }

  @Override
  public List<String> packages() {
    return List.of("xen");
  }

  @Override
  public List<String> dependencies() {
    return List.of("headers", "musl");
  }

  @Override
  public void addInputs(Hashing.Key key) throws IOException {
    key.addFile("libfdt_env.h", environment);
  }

  @Override
  public void build(Workspace work) throws IOException {
    work.unpack("xen");
    CrossCompiler.install(work);
    Path include = work.out().resolve("usr/include");
    Path own = Files.createDirectories(include.resolve("xen/libfdt"));
    Path theirs = work.source().resolve("xen/include/xen/libfdt");
    for (String header : List.of("fdt.h", "libfdt.h")) {
      Files.copy(theirs.resolve(header), own.resolve(header));
    }
    Files.copy(environment, own.resolve("libfdt_env.h"));
    for (String header : List.of("fdt.h", "libfdt.h", "libfdt_env.h")) {
      Files.writeString(include.resolve(header), "#include <xen/libfdt/" + header + ">\n");
    }
    List<String> objects = new ArrayList<>();
    for (String unit : UNITS) {
      work.command(CrossCompiler.PREFIX + "gcc", CrossCompiler.CFLAGS.split(" "))
          .args("-I" + include, "-c", "../src/xen/common/libfdt/" + unit + ".c")
          .describe("compile " + unit + ".c")
          .run();
      objects.add(unit + ".o");
    }
    Path lib = Files.createDirectories(work.out().resolve("usr/lib"));
    work.command(CrossCompiler.PREFIX + "ar", "rcsD", lib.resolve("libfdt.a").toString())
        .args(objects)
        .run();
  }
}
