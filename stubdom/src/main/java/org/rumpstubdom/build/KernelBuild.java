// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rumpstubdom.build.netbsd.KernelSymbols;
import org.rumpstubdom.build.netbsd.RumpLibraries;
import org.rumpstubdom.build.netbsd.RumpSelection;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * Builds the kernel from the project's source tree with meson and ninja, in a build directory in
 * the cache that belongs to this tree and these options: ninja then compiles only what has changed.
 * Tools of a {@link BuildRoot}, which do not see the source tree, get a copy of it.
 */
public final class KernelBuild {
  private static final Pattern NINJA = Pattern.compile("\\[(\\d+)/(\\d+)] .*");
  private static final String TARGET = "stubdom-kernel";
  private static final String PROCESS = "stubdom-process";
  private static final String OBJECTS = "libstubdom-kernel-objects.a";

  /** What of the source tree the kernel is made of. */
  static final List<String> SOURCES =
      List.of(
          "meson.build",
          "meson_options.txt",
          "rump-runtime",
          "xen-blkfront",
          "xen-netfront",
          "device-model-bridge");

  private final Path checkout;
  private final CacheDirectory cache;
  private final HostTools tools;
  private final int jobs;
  private final RumpKernel rumpKernel;
  private final Progress progress;
  private RumpSelection selection;

  /**
   * NetBSD's rump kernel instead of the bundled one.
   *
   * @param components what of it is linked, beside what the stub domain cannot be without
   */
  public record RumpKernel(RumpLibraries libraries, List<String> components) {
    /**
     * Names a kernel.
     *
     * @throws StubdomException when a component is not there or cannot be linked
     */
    public RumpKernel {
      components = List.copyOf(components);
      RumpSelection.requireComponents(libraries, components);
    }
  }

  /**
   * A build.
   *
   * @param rumpKernel NetBSD's rump kernel, or null for the bundled one
   */
  public KernelBuild(
      Path checkout,
      CacheDirectory cache,
      HostTools tools,
      int jobs,
      RumpKernel rumpKernel,
      Progress progress) {
    this.checkout = checkout;
    this.cache = cache;
    this.tools = tools;
    this.jobs = jobs;
    this.rumpKernel = rumpKernel;
    this.progress = progress;
  }

  /**
   * Builds the kernel and returns it, stripped: it carries the names it needs for backtraces
   * itself. The file belongs to the cache and is named by its content, so that no later build
   * changes it. Beside it lies {@code stubdom-kernel} with symbols, for debuggers.
   */
  public Path run() throws IOException {
    tools.check();
    Hashing.Key inputs =
        Hashing.key()
            .add("checkout", checkout.toRealPath().toString())
            .add("tools", tools.place())
            .add("gcc", tools.versions().get("gcc"));
    if (rumpKernel != null) {
      inputs.add("rump kernel", rumpKernel.libraries().hash());
      inputs.add("components", String.join(",", rumpKernel.components()));
    }
    RecipeRunner.addClass(inputs, KernelBuild.class);
    String key = inputs.hex().substring(0, 16);
    Path build =
        tools.confined()
            ? tools.work(cache).resolve("kernel-" + key).resolve("build")
            : cache.directory("kernel").toRealPath().resolve(key);
    Path log = cache.directory("logs").resolve("kernel-" + key + ".log");
    return cache.locked("kernel-" + key, () -> build(build, log));
  }

  /** The linker's map of a kernel that {@link #run} has just returned: which object is where. */
  public static Path map(Path kernel) {
    return kernel.resolveSibling("kernel.map");
  }

  private Path build(Path build, Path log) throws IOException {
    Files.deleteIfExists(log);
    try (Progress.Step step = progress.begin("build the kernel")) {
      Path source = checkout.toRealPath();
      if (tools.confined()) {
        source = build.resolveSibling("src");
        for (String part : SOURCES) {
          Trees.update(checkout.resolve(part), Files.createDirectories(source).resolve(part));
        }
      }
      if (!Files.exists(build.resolve("build.ninja"))) {
        command(log, "meson", setup(source, build)).describe("configure the kernel").run();
      }
      if (rumpKernel != null) {
        select(build, log, step);
      }
      ninja(build, log, step, TARGET);
      Path stripped = build.resolve(TARGET + "-stripped");
      command(log, "strip", List.of("-o", stripped.toString(), build.resolve(TARGET).toString()))
          .run();
      Path named = build.resolve(TARGET + "-" + Hashing.sha256(stripped).substring(0, 16));
      Files.move(stripped, named, StandardCopyOption.ATOMIC_MOVE);
      step.done();
      return named;
    }
  }

  private void ninja(Path build, Path log, Progress.Step step, String target) {
    command(log, "ninja", List.of("-C", build.toString(), "-j" + jobs, target))
        .describe("compile the kernel")
        .env("NINJA_STATUS", "[%f/%t] ")
        .onLine(line -> advance(step, line))
        .run();
  }

  /** Which libraries are needed shows in our objects; so those are compiled first. */
  private void select(Path build, Path log, Progress.Step step) throws IOException {
    ninja(build, log, step, OBJECTS);
    Path names = build.resolve("kernel-symbols");
    command(log, "nm", List.of("-g", "-P", build.resolve(OBJECTS).toString()))
        .outputTo(names)
        .run();
    try (Stream<String> lines = Files.lines(names)) {
      KernelSymbols symbols = KernelSymbols.parse(lines);
      selection = RumpSelection.choose(rumpKernel.libraries(), rumpKernel.components(), symbols);
    }
    selection.write(linking(build), tools.confined());
  }

  private static Path linking(Path build) throws IOException {
    return Files.createDirectories(build.resolve("rump-kernel"));
  }

  /**
   * Builds the same kernel as a Linux process, {@code stubdom-process}, and returns it. NetBSD's
   * kernel only.
   */
  public Path process() throws IOException {
    if (rumpKernel == null) {
      throw new IllegalStateException("is for NetBSD's rump kernel");
    }
    Path kernel = run();
    Path build = kernel.resolveSibling("process");
    Path log = cache.directory("logs").resolve("process.log");
    return cache.locked(
        "process-" + build.getParent().getFileName(),
        () -> {
          try (Progress.Step step = progress.begin("build the kernel as a process")) {
            if (!Files.exists(build.resolve("build.ninja"))) {
              List<String> setup =
                  List.of(
                      "setup",
                      "-Dkernel=false",
                      "-Dhosted=false",
                      "-Drump_kernel=" + linking(build.getParent()),
                      build.toString(),
                      checkout.toRealPath().toString());
              command(log, "meson", setup).describe("configure the kernel").run();
            }
            ninja(build, log, step, PROCESS);
            step.done();
            return build.resolve(PROCESS);
          }
        });
  }

  /** What of NetBSD's libraries the last run has linked; nothing with the bundled kernel. */
  public Optional<RumpSelection> selection() {
    return Optional.ofNullable(selection);
  }

  private List<String> setup(Path source, Path build) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("setup", "-Dhosted=false"));
    // The compiler is given paths relative to the build directory; assertions print them.
    Path relative = build.relativize(source);
    arguments.add("-Dc_args=" + array("-ffile-prefix-map=" + relative + "/="));
    if (rumpKernel != null) {
      // Meson asks for the file that the linker will read.
      Files.writeString(linking(build).resolve("link.rsp"), "");
      arguments.add("-Dprocess=false");
      arguments.add("-Drump_kernel=" + linking(build));
    }
    arguments.add(build.toString());
    arguments.add(source.toString());
    return arguments;
  }

  /** A list of one text as meson reads it; a text by itself would be split at blanks. */
  private static String array(String text) {
    return "['" + text.replace("\\", "\\\\").replace("'", "\\'") + "']";
  }

  private Command command(Path log, String program, List<String> arguments) {
    return tools
        .command(tools.program(program))
        .args(arguments)
        .log(log)
        .onLine(progress::detail)
        .cleanEnv()
        .env("PATH", tools.path())
        .env("HOME", cache.root().toString())
        .env("LC_ALL", "C");
  }

  private void advance(Progress.Step step, String line) {
    Matcher ninja = NINJA.matcher(line);
    if (ninja.matches()) {
      step.fraction(Long.parseLong(ninja.group(1)), Long.parseLong(ninja.group(2)));
    }
    progress.detail(line);
  }
}
