// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.rumpstubdom.build.KernelBuild;
import org.rumpstubdom.build.netbsd.RumpLibraries;
import org.rumpstubdom.build.netbsd.RumpSelection;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;

/**
 * Kernels with another rump kernel than the bundled one. NetBSD's libraries are not the project's
 * to have; in their place tests put the bundled kernel's own sources into libraries of those names.
 */
public final class RumpKernels {
  private static final String NETBSD = "RUMP_KERNEL_DIR";

  /** What makes the libraries NetBSD's by their symbols, and link sets: one filled, one empty. */
  private static final String MARKS =
      """
      #include "components/rump_client.h"
      const char rumpns_copyright[] = "", rumpns_osrelease[] = "0.bundled";
      extern const char *__start_link_set_rump_components[], *__stop_link_set_rump_components[];
      extern const char *__start_link_set_empty[], *__stop_link_set_empty[];
      int rumpns_components(void);
      int rumpns_components(void)
      {
          return (int)(__stop_link_set_rump_components - __start_link_set_rump_components) +
                 100 * (int)(__stop_link_set_empty - __start_link_set_empty);
      }
      int __real_rump_init(void);
      int rump_init(void)
      {
          return rumpns_components() == 2 ? __real_rump_init() : 1;
      }
      """;

  private static final String OVERFLOW =
      """
      static __attribute__((noinline)) void fill(volatile char *p, int n)
      {
          while (n-- > 0)
              p[n] = 1;
      }
      int rumpns_components(void)
      {
          volatile char array[16];
          fill(array, (int)sizeof(array) + 8 + (array[0] & 0));
      """;

  private static final String COMPONENT =
      """
      static const char *const member __attribute__((section("link_set_rump_components"), used)) =
          "component";
      """;

  private RumpKernels() {}

  /** NetBSD's libraries, where the machine has some; else the test is skipped. */
  public static Path netbsd() {
    String where = System.getenv(NETBSD);
    assumeTrue(where != null, NETBSD + " does not name NetBSD's libraries");
    return Path.of(where);
  }

  /**
   * Libraries with the names of NetBSD's that hold the bundled kernel, with the stack protector
   * that a release is compiled with.
   */
  static Path bundled(Path directory) throws IOException {
    return bundled(directory, MARKS);
  }

  /** The same where a function of the kernel writes beyond its array before it starts. */
  static Path bundledThatOverflows(Path directory) throws IOException {
    return bundled(directory, MARKS.replace("int rumpns_components(void)\n{", OVERFLOW));
  }

  /**
   * The same as a release has it, {@code comp.tar.xz}: with variants of each library, those of
   * another ABI, and such as are no part of a kernel. Each of them would be refused.
   */
  static Path release(Path directory) throws IOException {
    Path set = bundled(directory);
    Path tree = directory.resolve("release/usr/lib");
    Files.createDirectories(tree.resolve("i386"));
    try (Stream<Path> files = Files.list(set)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString().replaceFirst("\\.a$", "");
        Files.copy(file, tree.resolve(name + ".a"));
        for (String decoy : List.of("_p.a", "_g.a", "_pic.a", ".so.0.0", "_pic.so")) {
          Files.writeString(tree.resolve(name + decoy), "for another use");
        }
        Files.createSymbolicLink(tree.resolve(name + ".so"), Path.of(name + ".so.0.0"));
        Files.writeString(tree.resolve("i386").resolve(name + ".a"), "of another ABI");
      }
    }
    for (String other : List.of("rumpuser", "rumpclient", "rumphijack", "c", "crypto")) {
      Files.writeString(tree.resolve("lib" + other + ".a"), "no part of a kernel");
    }
    Path comp = directory.resolve("comp.tar.xz");
    Command.of("tar", "-cJf", comp.toString(), "-C", directory.resolve("release").toString(), ".")
        .run();
    return comp;
  }

  private static Path bundled(Path directory, String marks) throws IOException {
    Path set = Files.createDirectories(directory.resolve("set"));
    Path work = Files.createDirectories(directory.resolve("objects"));
    List<Path> objects = new ArrayList<>();
    Path components = TestPrograms.CHECKOUT.resolve("rump-runtime/components");
    try (Stream<Path> files = Files.list(components)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".c")).sorted().toList()) {
        objects.add(compile(file, work));
      }
    }
    objects.add(compile(Files.writeString(directory.resolve("marks.c"), marks), work));
    archive(set, "rump", objects);
    for (String faction : List.of("rumpvfs", "rumpnet")) {
      archive(set, faction, List.of());
    }
    for (String component : List.of("rumpfs_tmpfs", "rumpnet_local")) {
      Path source = Files.writeString(directory.resolve(component + ".c"), COMPONENT);
      archive(set, component, List.of(compile(source, work)));
    }
    return set;
  }

  private static Path compile(Path source, Path into) {
    Path object = into.resolve(source.getFileName().toString().replaceFirst("c$", "o"));
    Command.of("gcc", "-c", "-O2", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-fPIE")
        .args("-mno-red-zone", "-mgeneral-regs-only", "-fno-common")
        .args("-fstack-protector-all", "-mstack-protector-guard=global")
        .args("-fno-strict-aliasing", "-fcf-protection=none", "-ffunction-sections")
        .args("-ffile-prefix-map=" + TestPrograms.CHECKOUT + "=")
        .args("-DPLATFORM_XEN_PV", "-I" + TestPrograms.CHECKOUT.resolve("rump-runtime"))
        .args("-o", object.toString(), source.toString())
        .run();
    if (source.endsWith("init.c")) {
      // Whether the link sets are there is looked at before.
      Command.of("objcopy", "--redefine-sym", "rump_init=__real_rump_init", object.toString())
          .run();
    }
    return object;
  }

  private static void archive(Path set, String name, List<Path> objects) {
    Command.of("ar", "rc", set.resolve("lib" + name + ".a").toString())
        .args(objects.stream().map(Path::toString).toList())
        .run();
  }

  /** A kernel, and what is linked in it. */
  public record Kernel(Path file, RumpLibraries libraries, RumpSelection selection) {
    /** Where the linker is told what of the libraries to take. */
    Path linking() {
      return file.resolveSibling("rump-kernel");
    }
  }

  /** The kernel with these libraries. */
  public static Kernel build(Path libraries, List<String> components) throws IOException {
    CacheDirectory cache = CacheDirectory.ofUser();
    RumpLibraries all = RumpLibraries.open(libraries, cache);
    KernelBuild build =
        new KernelBuild(
            TestPrograms.CHECKOUT,
            cache,
            TestPrograms.tools(),
            TestPrograms.JOBS,
            new KernelBuild.RumpKernel(all, components),
            Progress.silent());
    return new Kernel(build.run(), all, build.selection().orElseThrow());
  }
}
