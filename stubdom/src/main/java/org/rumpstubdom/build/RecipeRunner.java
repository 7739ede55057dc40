// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.rumpstubdom.build.source.FetchedPackage;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Directories;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.FullDisk;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * Makes recipes' results, each once: a result is kept in the cache under the hash of all that goes
 * into it. A recipe works in {@code work/NAME-KEY} of the cache, which stays after a failure, for
 * resuming and for looking at, and goes after a success.
 */
final class RecipeRunner {
  /** Enough for QEMU's objects beside everything else, in bytes. */
  private static final long SPACE_NEEDED = 1500L << 20;

  private static final Pattern COMPLAINT =
      Pattern.compile("(?i)\\berror: |undefined reference|no space left|\\bkilled\\b|not found");

  /** In every result: the hash of all else in it. */
  private static final String DIGEST = ".digest";

  private final CacheDirectory cache;
  private final HostTools tools;
  private final Map<String, String> versions;
  private final int jobs;
  private final Progress progress;

  /**
   * A runner.
   *
   * @param versions what is said of the tools in every key
   */
  RecipeRunner(
      CacheDirectory cache,
      HostTools tools,
      Map<String, String> versions,
      int jobs,
      Progress progress) {
    this.cache = cache;
    this.tools = tools;
    this.versions = versions;
    this.jobs = jobs;
    this.progress = progress;
  }

  /**
   * The results of all recipes, by name.
   *
   * @param recipes in an order in which every recipe comes after those it depends on
   */
  Map<String, Path> run(List<Recipe> recipes, Map<String, FetchedPackage> packages)
      throws IOException {
    Map<String, Path> results = new LinkedHashMap<>();
    for (Recipe recipe : recipes) {
      String entry = recipe.name() + "-" + key(recipe, packages, results);
      results.put(
          recipe.name(),
          cache.entry("build", entry, out -> build(recipe, entry, packages, results, out)));
    }
    return results;
  }

  private String key(Recipe recipe, Map<String, FetchedPackage> packages, Map<String, Path> results)
      throws IOException {
    Hashing.Key key = Hashing.key().add("recipe", recipe.name());
    key.add("layout", Workspace.LAYOUT);
    addClass(key, recipe.getClass());
    addClass(key, CrossCompiler.class);
    versions.forEach(key::add);
    for (String name : recipe.packages()) {
      new TreeMap<>(packages.get(name).files()).forEach(key::add);
    }
    // What a dependency is, not how it came about: when a change leaves its bytes as they were,
    // nothing that depends on it is made again.
    for (String name : recipe.dependencies()) {
      key.add(name, Files.readString(results.get(name).resolve(DIGEST)));
    }
    recipe.addInputs(key);
    return key.hex().substring(0, 32);
  }

  /** A recipe is code: what it does is what its class file says. */
  static void addClass(Hashing.Key key, Class<?> type) throws IOException {
    String file = type.getName().substring(type.getPackageName().length() + 1) + ".class";
    try (InputStream in = type.getResourceAsStream(file)) {
      key.add(file, Hashing.sha256(in));
    }
  }

  private void build(
      Recipe recipe,
      String entry,
      Map<String, FetchedPackage> packages,
      Map<String, Path> results,
      Path out)
      throws IOException {
    Path root = tools.work(cache).resolve(entry);
    FullDisk.require(root.getParent(), SPACE_NEEDED, "the build");
    Path log = cache.directory("logs").resolve(entry + ".log");
    boolean resumed = recipe.resumes() && Files.isDirectory(root);
    if (!resumed) {
      Directories.delete(root);
      Files.deleteIfExists(log);
      Files.createDirectories(root.resolve("sysroot"));
      for (String name : recipe.dependencies()) {
        Trees.copy(results.get(name), root.resolve("sysroot"));
      }
    }
    // In the working directory: the tools may see no other.
    Path made = root.resolve("out");
    Directories.delete(made);
    Files.createDirectory(made);
    try (Progress.Step step = progress.begin(recipe.title())) {
      recipe.build(new Workspace(root, made, log, tools, jobs, packages, progress, step));
      Trees.copy(made, out);
      Hashing.Key digest = Hashing.key();
      Trees.digest(out).forEach(digest::add);
      Files.writeString(out.resolve(DIGEST), digest.hex());
      step.done(resumed ? "resumed" : "");
    } catch (StubdomException failure) {
      throw explain(recipe, failure);
    }
    Directories.delete(root);
  }

  /**
   * The recipe is what failed, and the compiler's complaint says why better than make's last word.
   */
  private static StubdomException explain(Recipe recipe, StubdomException failure) {
    if (failure.exitCode() != ExitCode.BUILD) {
      return failure;
    }
    String why =
        failure.details().stream()
            .filter(line -> COMPLAINT.matcher(line).find())
            .reduce((earlier, later) -> later)
            .orElse(failure.what() + ": " + failure.why());
    return new StubdomException(
        ExitCode.BUILD, recipe.title(), why.strip(), failure.fix(), failure.details(), failure);
  }
}
