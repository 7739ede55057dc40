// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rumpstubdom.build.recipe.GlibRecipe;
import org.rumpstubdom.build.recipe.KernelHeadersRecipe;
import org.rumpstubdom.build.recipe.LibaioRecipe;
import org.rumpstubdom.build.recipe.LibfdtRecipe;
import org.rumpstubdom.build.recipe.LicencesRecipe;
import org.rumpstubdom.build.recipe.MuslRecipe;
import org.rumpstubdom.build.recipe.NettleRecipe;
import org.rumpstubdom.build.recipe.Pcre2Recipe;
import org.rumpstubdom.build.recipe.PixmanRecipe;
import org.rumpstubdom.build.recipe.QemuRecipe;
import org.rumpstubdom.build.recipe.QemuTestsRecipe;
import org.rumpstubdom.build.recipe.RuntimeFilesRecipe;
import org.rumpstubdom.build.recipe.XenLibrariesRecipe;
import org.rumpstubdom.build.recipe.ZlibRecipe;
import org.rumpstubdom.build.source.AptArchive;
import org.rumpstubdom.build.source.FetchedPackage;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.build.source.SourceStore;
import org.rumpstubdom.image.Component;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.Resources;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * Builds the emulator: fetches the sources, then makes part after part. A part that is in the cache
 * under its key is not made again; an interrupted build goes on where it was.
 */
public final class EmulatorBuild {
  /** The Debian release whose emulator is built unless told otherwise. */
  public static final String DEFAULT_SUITE = SourceLock.DEFAULT_SUITE;

  private static final String DEVICES = "/org/rumpstubdom/build/xendm.mak";

  private final Options options;
  private final Progress progress;
  private final SourceLock lock;

  /**
   * What a user can choose.
   *
   * @param checkout the project's source tree
   * @param suite the Debian release whose packages the emulator is made of
   * @param cache where results go
   * @param sources a directory with the packages' files, or null to fetch them
   * @param offline fetch nothing
   * @param jobs compilers at a time
   * @param devices a device list instead of ours, or null
   * @param trace give QEMU its trace points
   * @param tools the programs to build with
   */
  public record Options(
      Path checkout,
      String suite,
      CacheDirectory cache,
      Path sources,
      boolean offline,
      int jobs,
      Path devices,
      boolean trace,
      HostTools tools) {
    /** Options without trace points. */
    public Options(
        Path checkout,
        String suite,
        CacheDirectory cache,
        Path sources,
        boolean offline,
        int jobs,
        Path devices,
        HostTools tools) {
      this(checkout, suite, cache, sources, offline, jobs, devices, false, tools);
    }
  }

  /** A build of the pinned packages. */
  public EmulatorBuild(Options options, Progress progress) {
    this(options, progress, SourceLock.load(options.suite()));
  }

  /** A build of other packages, for tests. */
  EmulatorBuild(Options options, Progress progress, SourceLock lock) {
    this.options = options;
    this.progress = progress;
    this.lock = lock;
  }

  /** The Debian releases an emulator can be built from. */
  public static List<String> suites() {
    return SourceLock.suites();
  }

  /**
   * Fails when no packages of a release are pinned.
   *
   * @throws StubdomException (2)
   */
  public static void requireSuite(String suite) {
    SourceLock.load(suite);
  }

  /**
   * Builds what is missing and returns the result.
   *
   * @throws StubdomException in one line: input missing (3), a step failed (4), interrupted (130)
   */
  public Emulator run() throws IOException {
    List<Recipe> recipes = recipes();
    options.tools().check();
    Map<String, FetchedPackage> packages = fetch(recipes);
    Map<String, String> tools = options.tools().versions();
    Map<String, Path> results = runner().run(recipes, packages);
    Path qemu = results.get("qemu");
    return new Emulator(
        qemu.resolve(QemuRecipe.PROGRAM),
        qemu.resolve(QemuRecipe.UNSTRIPPED),
        results.get("runtime-files"),
        results.get("licences").resolve(LicencesRecipe.FILE),
        components(packages, qemu, options.tools(), tools),
        facts(packages, qemu, tools, options.checkout().resolve("rump-runtime/libc")));
  }

  /**
   * Writes the compiler for programs that run both on the rump kernel and as Linux processes, with
   * its sysroot, into a directory; the C library is built first when it is not in the cache. It is
   * this machine's compiler, wherever the C library's came from.
   *
   * @param directory an empty or missing directory; the compiler works as long as it stays there
   * @return the compiler, which takes gcc's options
   */
  public Path installToolchain(Path directory) throws IOException {
    List<Recipe> recipes = recipes().subList(0, 2);
    options.tools().check();
    Map<String, FetchedPackage> packages = fetch(recipes);
    Map<String, Path> results = runner().run(recipes, packages);
    Path root = directory.toAbsolutePath();
    for (Path result : results.values()) {
      Trees.copy(result, Files.createDirectories(root.resolve("sysroot")));
    }
    CrossCompiler.install(root, HostTools.ofMachine());
    return root.resolve("bin").resolve(CrossCompiler.PREFIX + "gcc");
  }

  /**
   * Builds QEMU's own device tests.
   *
   * @return the directory with the programs
   */
  public Path qemuTests() throws IOException {
    List<Recipe> recipes = new ArrayList<>(recipes());
    recipes.removeIf(recipe -> !new QemuRecipe("", false).dependencies().contains(recipe.name()));
    recipes.add(new QemuTestsRecipe(devices()));
    options.tools().check();
    Map<String, FetchedPackage> packages = fetch(recipes);
    Map<String, Path> results = runner().run(recipes, packages);
    return results.get("qemu-tests").resolve(QemuTestsRecipe.PROGRAMS);
  }

  private RecipeRunner runner() throws IOException {
    Map<String, String> tools = new LinkedHashMap<>(options.tools().versions());
    // Python, meson and the like of a build root count, too.
    options.tools().packages().forEach((name, version) -> tools.put("package " + name, version));
    return new RecipeRunner(options.cache(), options.tools(), tools, options.jobs(), progress);
  }

  private List<Recipe> recipes() throws IOException {
    Path libc = options.checkout().resolve("rump-runtime/libc");
    return List.of(
        new KernelHeadersRecipe(),
        new MuslRecipe(libc.resolve("musl")),
        new ZlibRecipe(),
        new NettleRecipe(),
        new LibaioRecipe(),
        new Pcre2Recipe(),
        new PixmanRecipe(),
        new LibfdtRecipe(libc.resolve("libfdt/libfdt_env.h")),
        new XenLibrariesRecipe(),
        new GlibRecipe(),
        new QemuRecipe(devices(), options.trace()),
        new RuntimeFilesRecipe(),
        new LicencesRecipe(options.checkout().resolve("LICENSE"), lock.packages()));
  }

  private String devices() throws IOException {
    if (options.devices() != null) {
      return Files.readString(options.devices());
    }
    return Resources.text(EmulatorBuild.class, DEVICES);
  }

  private Map<String, FetchedPackage> fetch(List<Recipe> recipes) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    recipes.forEach(recipe -> names.addAll(recipe.packages()));
    Path log = log("fetch");
    Map<String, SourceStore> stores = new HashMap<>();
    for (String name : names) {
      String release = lock.release(lock.get(name));
      if (!stores.containsKey(release)) {
        stores.put(release, store(release, log));
      }
    }
    Map<String, FetchedPackage> packages = new LinkedHashMap<>();
    if (names.stream().map(lock::get).allMatch(pin -> stores.get(lock.release(pin)).has(pin))) {
      for (String name : names) {
        packages.put(name, get(stores, name));
      }
      return packages;
    }
    Files.deleteIfExists(log);
    try (Progress.Step step = progress.begin("fetch sources")) {
      int done = 0;
      for (String name : names) {
        step.fraction(done++, names.size(), name);
        packages.put(name, get(stores, name));
      }
      step.done();
    }
    return packages;
  }

  private SourceStore store(String release, Path log) throws IOException {
    Path lists = options.cache().directory("apt").resolve(release);
    AptArchive archive = new AptArchive(lists, release, log);
    return new SourceStore(
        options.cache(), archive, options.sources(), options.offline(), progress);
  }

  private FetchedPackage get(Map<String, SourceStore> stores, String name) throws IOException {
    SourceLock.Pinned pin = lock.get(name);
    return stores.get(lock.release(pin)).get(pin);
  }

  private Path log(String name) throws IOException {
    return options.cache().directory("logs").resolve(name + ".log");
  }

  private static List<Component> components(
      Map<String, FetchedPackage> packages, Path qemu, HostTools host, Map<String, String> tools)
      throws IOException {
    List<Component> components = new ArrayList<>();
    for (FetchedPackage fetched : packages.values()) {
      SourceLock.Pinned pin = fetched.pin();
      boolean binary = pin.kind() == SourceLock.Kind.BINARY;
      String main =
          fetched.files().entrySet().stream()
              .filter(
                  file ->
                      file.getKey().endsWith(".dsc")
                          || file.getKey().endsWith(".deb")
                          || pin.kind() == SourceLock.Kind.UPSTREAM)
              .findFirst()
              .orElseThrow()
              .getValue();
      components.add(
          new Component(
              pin.name().equals("qemu") ? "application" : binary ? "data" : "library",
              pin.name(),
              fetched.version(),
              main,
              pin.licences(),
              "pkg:deb/debian/%s@%s?arch=%s"
                  .formatted(
                      pin.name(), fetched.version().replace("+", "%2B"), architecture(fetched)),
              Map.of(
                  "stubdom:pinned",
                  Boolean.toString(fetched.pinned()),
                  "stubdom:authenticated",
                  Boolean.toString(fetched.authenticated()))));
    }
    components.add(libgcc(host));
    components.add(
        new Component(
            "file",
            "qemu-system-i386",
            packages.get("qemu").version(),
            Hashing.sha256(qemu.resolve(QemuRecipe.PROGRAM)),
            packages.get("qemu").pin().licences(),
            "",
            Map.of(
                "stubdom:compiler",
                tools.get("gcc"),
                "stubdom:flags",
                CrossCompiler.CFLAGS,
                "stubdom:linker",
                tools.get("ld"),
                "stubdom:patches",
                "0")));
    return components;
  }

  /** "source", or what the name of a binary package's file says. */
  private static String architecture(FetchedPackage fetched) {
    if (fetched.pin().kind() != SourceLock.Kind.BINARY) {
      return "source";
    }
    String file = fetched.file(".deb").getFileName().toString();
    return file.substring(file.lastIndexOf('_') + 1, file.length() - ".deb".length());
  }

  /** The compiler's run-time library, the one thing in the emulator that comes ready-made. */
  private static Component libgcc(HostTools tools) throws IOException {
    return new Component(
        "library",
        "libgcc",
        tools.firstLine("gcc", "-dumpfullversion"),
        Hashing.sha256(tools.file(tools.firstLine("gcc", "-print-libgcc-file-name"))),
        List.of("GPL-3.0-or-later WITH GCC-exception-3.1"),
        "",
        Map.of());
  }

  private static JsonObject facts(
      Map<String, FetchedPackage> packages, Path qemu, Map<String, String> tools, Path overlay)
      throws IOException {
    JsonObject facts =
        new Gson().fromJson(Files.readString(qemu.resolve(QemuRecipe.FACTS)), JsonObject.class);
    tools.forEach(facts::addProperty);
    Hashing.Key ours = Hashing.key();
    Trees.digest(overlay).forEach(ours::add);
    facts.addProperty("libcOverlay", ours.hex());
    JsonArray sources = new JsonArray();
    for (FetchedPackage fetched : packages.values()) {
      JsonObject source = new JsonObject();
      source.addProperty("name", fetched.pin().name());
      source.addProperty("version", fetched.version());
      source.addProperty("pinned", fetched.pinned());
      source.addProperty("authenticated", fetched.authenticated());
      JsonObject files = new JsonObject();
      fetched.files().forEach(files::addProperty);
      source.add("files", files);
      sources.add(source);
    }
    facts.add("sources", sources);
    return facts;
  }
}
