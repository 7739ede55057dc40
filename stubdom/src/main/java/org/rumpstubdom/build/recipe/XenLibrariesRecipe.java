// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.util.Trees;

/** Xen's user-space libraries and public headers, built by Xen's own makefiles. */
public final class XenLibrariesRecipe implements Recipe {
  private static final Pattern PLACEHOLDER = Pattern.compile("@([A-Za-z0-9_]*)@");

  /** In the order in which they need each other. */
  private static final List<String> LIBRARIES =
      List.of(
          "toolcore",
          "toollog",
          "evtchn",
          "gnttab",
          "call",
          "foreignmemory",
          "devicemodel",
          "ctrl",
          "store");

  @Override
  public String name() {
    return "xen-libraries";
  }

  @Override
  public String title() {
    return "build Xen's libraries";
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
  public void build(Workspace work) throws IOException {
    work.unpack("xen");
    CrossCompiler.install(work);
    Path tree = work.source();
    configure(tree);
    List<String> settings =
        List.of(
            "-s",
            "CONFIG_WERROR=n",
            "CC=" + CrossCompiler.PREFIX + "gcc",
            "AR=" + CrossCompiler.PREFIX + "ar",
            "nosharedlibs=y",
            "NO_HEADERS_CHK=y",
            // Xen gives -DUSE_PTHREAD only to the shared libxenstore. Without it the static one has
            // no reader thread, and a watch never wakes QEMU's main loop.
            "CFLAGS_xs.o=-DUSE_PTHREAD");
    work.make("-C", "tools/include", "all").args(settings).in(tree).run();
    Path lib = Files.createDirectories(work.out().resolve("usr/lib/pkgconfig")).getParent();
    for (String name : LIBRARIES) {
      work.note(name);
      work.make("-C", "tools/libs/" + name, "all")
          .args(settings)
          .in(tree)
          .describe("compile Xen's tools/libs/" + name)
          .run();
      // By hand: the install target insists on a shared object.
      for (Path file : Trees.list(tree.resolve("tools/libs/" + name))) {
        String plain = file.getFileName().toString();
        if (plain.endsWith(".a")) {
          Files.copy(file, lib.resolve(plain));
        } else if (plain.endsWith(".pc")) {
          Files.copy(file, lib.resolve("pkgconfig/" + plain));
        }
      }
    }
    work.make("-C", "tools/include", "install", "DESTDIR=" + work.out())
        .args(settings)
        .in(tree)
        .run();
    for (Path file : Trees.list(tree.resolve("tools/include"))) {
      String plain = file.getFileName().toString();
      if (Files.isRegularFile(file) && plain.matches("xen.*\\.h")) {
        Files.copy(
            file, work.out().resolve("usr/include/" + plain), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /**
   * Writes what {@code ./configure} would. Debian's source has no {@code configure}; generating it
   * would ask for libraries that nothing here uses.
   */
  private static void configure(Path tree) throws IOException {
    template(
        tree.resolve("config/Tools.mk"),
        Map.of("werror", "n", "PYTHON", "python3", "AWK", "awk", "PERL", "perl"));
    template(
        tree.resolve("config/Paths.mk"),
        Map.of(
            "prefix", "/usr",
            "libdir", "/usr/lib",
            "includedir", "/usr/include",
            "bindir", "/usr/bin",
            "datarootdir", "/usr/share",
            "XEN_RUN_STORED", "/var/run/xenstored",
            "XEN_LIB_DIR", "/var/lib/xen",
            "XEN_RUN_DIR", "/var/run/xen"));
    StringBuilder config = new StringBuilder();
    for (String header : List.of("INTTYPES_H", "STDINT_H", "SYS_EVENTFD_H", "UNISTD_H")) {
      config.append("#define HAVE_").append(header).append(" 1\n");
    }
    Files.writeString(tree.resolve("tools/config.h"), config);
  }

  /** Fills {@code @NAME@} in {@code FILE.in}; names without a value become empty. */
  private static void template(Path file, Map<String, String> values) throws IOException {
    String text = Files.readString(file.resolveSibling(file.getFileName() + ".in"));
    Files.writeString(
        file,
        PLACEHOLDER
            .matcher(text)
            .replaceAll(
                found -> Matcher.quoteReplacement(values.getOrDefault(found.group(1), ""))));
  }
}
