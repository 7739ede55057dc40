// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.rumpstubdom.build.Checkout;
import org.rumpstubdom.build.Checksums;
import org.rumpstubdom.build.Emulator;
import org.rumpstubdom.build.EmulatorBuild;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.build.ImageBuild;
import org.rumpstubdom.build.KernelBuild;
import org.rumpstubdom.build.netbsd.RumpLibraries;
import org.rumpstubdom.build.netbsd.RumpPapers;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.image.RamdiskManifest;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.MemoryNeeds;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code stubdom build}. */
@Command(name = "build", description = "Build the stub domain's image.")
public final class BuildCommand implements Callable<Integer> {
  /** The parts that can be built alone. */
  enum Part {
    emulator,
    kernel,
    image
  }

  /** The releases there is a lock for. */
  static final class Suites implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return EmulatorBuild.suites().iterator();
    }
  }

  @Mixin private CommonOptions common;

  @Mixin private JsonOption json;

  @Mixin private RumpKernelOptions rumpKernel;

  @Option(
      names = "--rump-copyright",
      paramLabel = "FILE",
      description =
          "NetBSD's notices and licences, for the image's file \"copyright\" (default: the file"
              + " copyright or COPYRIGHT beside the libraries).")
  private Path rumpCopyright;

  @Option(
      names = "--only",
      paramLabel = "PART",
      description = "Build one part only: ${COMPLETION-CANDIDATES}.")
  private Part only;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the image directory goes (default: ${DEFAULT-VALUE}).",
      defaultValue = "stubdom-image")
  private Path out;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description =
          "Memory of the stub domain in MiB, for the xl snippet (default: ${DEFAULT-VALUE}).",
      defaultValue = "" + ImageBuild.DEFAULT_MEMORY_MIB)
  private int memory;

  @Option(
      names = "--qemu-arg",
      paramLabel = "ARG",
      description = "Give QEMU one more argument; may be repeated.")
  private List<String> qemuArguments = List.of();

  @Option(
      names = {"-j", "--jobs"},
      paramLabel = "N",
      description = "Compile N files at a time (default: the number of processors).")
  private Integer jobs;

  @Option(names = "--offline", description = "Use what the cache holds; fetch nothing.")
  private boolean offline;

  @Option(
      names = "--suite",
      paramLabel = "NAME",
      description =
          "Debian release whose QEMU is built, and whose compilers build it:"
              + " ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
      completionCandidates = Suites.class,
      defaultValue = EmulatorBuild.DEFAULT_SUITE)
  private String suite;

  @Option(
      names = "--sources",
      paramLabel = "DIR",
      description = "Take the source packages from this directory instead of fetching them.")
  private Path sources;

  @Option(
      names = "--devices",
      paramLabel = "FILE",
      description = "Build QEMU with this device list (Kconfig lines) instead of the built-in one.")
  private Path devices;

  @Option(
      names = "--trace",
      description =
          "Build QEMU with its trace points; --qemu-arg=-trace --qemu-arg=PATTERN prints them.")
  private boolean trace;

  @Option(
      names = "--host-compilers",
      description =
          "Build with the compilers installed on this machine, not with those of the release,"
              + " which are fetched.")
  private boolean hostCompilers;

  @Option(
      names = "--verify",
      description =
          "Say whether the image has the very bytes that docs/checksums.json records; fail when it"
              + " has not.")
  private boolean verify;

  @Option(names = "--record", description = "Record the image's checksums in docs/checksums.json.")
  private boolean record;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (memory < MemoryNeeds.LEAST_MIB) {
      throw StubdomException.usage(
          "--memory=" + memory, "must be at least " + MemoryNeeds.LEAST_MIB, "leave it out for 32");
    }
    for (String argument : qemuArguments) {
      if (!RamdiskManifest.canHold(argument)) {
        throw StubdomException.usage(
            "--qemu-arg=" + argument, "cannot hold a line break", "give it without");
      }
    }
    if (only == null || only == Part.image) {
      ImageDirectory.requirePossible(out);
    }
    if (jobs != null && jobs < 1) {
      throw StubdomException.usage("--jobs=" + jobs, "must be at least 1", "leave it out");
    }
    if (devices != null && !Files.isRegularFile(devices)) {
      throw StubdomException.input(devices.toString(), "no such file", "name a device list");
    }
    if (sources != null && !Files.isDirectory(sources)) {
      throw StubdomException.input(sources.toString(), "no such directory", "");
    }
    rumpKernel.requireKernel();
    if (rumpCopyright != null && rumpKernel.isBundled()) {
      throw StubdomException.usage(
          "--rump-copyright", "is for NetBSD's rump kernel", "give --rump-kernel=WHERE, too");
    }
    requireRecordable();
    EmulatorBuild.requireSuite(suite);
    JsonObject result = new JsonObject();
    CacheDirectory cache = CacheDirectory.ofUser();
    // What the user has given is refused before the checkout is looked for.
    KernelBuild.RumpKernel netbsd = rumpKernel.kernel(cache);
    Path notices =
        netbsd == null ? null : RumpPapers.notices(rumpCopyright, netbsd.libraries()).orElse(null);
    Path checkout = Checkout.locate();
    int parallel = jobs == null ? Runtime.getRuntime().availableProcessors() : jobs;
    HostTools tools =
        hostCompilers
            ? HostTools.ofMachine()
            : HostTools.of(suite, cache, offline, common.progress());
    Emulator emulator = null;
    Path kernel = null;
    RumpPapers papers = null;
    if (only != Part.kernel) {
      EmulatorBuild.Options options =
          new EmulatorBuild.Options(
              checkout, suite, cache, sources, offline, parallel, devices, trace, tools);
      emulator = new EmulatorBuild(options, common.progress()).run();
      JsonObject facts = emulator.facts();
      describe(result, "emulator", emulator.program(), facts.get("sha256").getAsString());
      result.add("sources", facts.get("sources"));
    }
    if (only != Part.emulator) {
      KernelBuild build =
          new KernelBuild(checkout, cache, tools, parallel, netbsd, common.progress());
      kernel = build.run();
      describe(result, "kernel", kernel, Hashing.sha256(kernel));
      if (netbsd != null) {
        papers = new RumpPapers(netbsd.libraries(), build.selection().orElseThrow(), notices);
        result.add("rumpKernel", describe(netbsd.libraries(), papers));
      }
    }
    if (only == null || only == Part.image) {
      ImageDirectory image =
          ImageBuild.write(out, kernel, emulator, memory, qemuArguments, papers, common.progress());
      result.addProperty("image", image.path().toString());
      result.addProperty("ramdiskSize", Files.size(image.ramdisk()));
      if (verify || record) {
        compare(checkout, Checksums.of(checkout, tools, image), result);
      }
    }
    print(result);
    if (result.has("verify") && !result.getAsJsonObject("verify").get("same").getAsBoolean()) {
      throw different(result.getAsJsonObject("verify"));
    }
    return ExitCode.OK.status();
  }

  /** Only the image that anybody gets without a choice can be compared with a recorded one. */
  private void requireRecordable() {
    boolean standard =
        only == null
            && memory == ImageBuild.DEFAULT_MEMORY_MIB
            && qemuArguments.isEmpty()
            && devices == null
            && sources == null
            && !trace
            && !hostCompilers
            && rumpKernel.isBundled();
    if ((verify || record) && !standard) {
      throw StubdomException.usage(
          verify ? "--verify" : "--record",
          "is for the image with default options",
          "leave out all others but --suite, --out and --jobs");
    }
    if (verify && record) {
      throw StubdomException.usage("--verify and --record", "exclude each other", "give one");
    }
  }

  private void compare(Path checkout, Checksums built, JsonObject result) throws IOException {
    if (record) {
      built.record(checkout, suite);
      result.addProperty("recorded", checkout.resolve(Checksums.FILE).toString());
      return;
    }
    Checksums recorded = Checksums.recorded(checkout, suite);
    List<String> differing = built.differing(recorded);
    JsonObject verdict = new JsonObject();
    verdict.addProperty("same", differing.isEmpty());
    verdict.add("differing", array(differing));
    verdict.add(
        "reasons", array(differing.isEmpty() ? List.of() : reasons(built, recorded, result)));
    result.add("verify", verdict);
  }

  private static List<String> reasons(Checksums built, Checksums recorded, JsonObject result) {
    List<String> reasons = new ArrayList<>(built.reasons(recorded));
    for (JsonElement element : result.getAsJsonArray("sources")) {
      JsonObject source = element.getAsJsonObject();
      if (!source.get("pinned").getAsBoolean()) {
        reasons.add(
            "%s %s is not the pinned version"
                .formatted(source.get("name").getAsString(), source.get("version").getAsString()));
      }
    }
    return reasons;
  }

  private static JsonArray array(List<String> texts) {
    JsonArray array = new JsonArray();
    texts.forEach(array::add);
    return array;
  }

  private static List<String> texts(JsonElement array) {
    List<String> texts = new ArrayList<>();
    array.getAsJsonArray().forEach(text -> texts.add(text.getAsString()));
    return texts;
  }

  private static StubdomException different(JsonObject verdict) {
    List<String> reasons = texts(verdict.get("reasons"));
    return new StubdomException(
        ExitCode.BUILD,
        String.join(", ", texts(verdict.get("differing"))),
        "not the bytes that " + Checksums.FILE + " records",
        reasons.isEmpty()
            ? "compilers and sources are the recorded ones, please report it"
            : reasons.get(0)
                + (reasons.size() > 1 ? ", and " + (reasons.size() - 1) + " more as above" : ""),
        reasons.size() > 1 ? reasons : List.of(),
        null);
  }

  private static void describe(JsonObject result, String name, Path file, String hash)
      throws IOException {
    JsonObject entry = new JsonObject();
    entry.addProperty("path", file.toString());
    entry.addProperty("size", Files.size(file));
    entry.addProperty("sha256", hash);
    result.add(name, entry);
  }

  private static JsonObject describe(RumpLibraries libraries, RumpPapers papers) {
    JsonObject entry = papers.facts();
    entry.addProperty("path", libraries.directory().toString());
    papers.notices().ifPresent(file -> entry.addProperty("noticesFrom", file.toString()));
    return entry;
  }

  private static void print(PrintWriter stdout, JsonObject rumpKernel) {
    List<String> names = new ArrayList<>();
    rumpKernel.getAsJsonArray("libraries").forEach(name -> names.add(name.getAsString()));
    stdout.printf(
        "  NetBSD %s: %s%n",
        rumpKernel.has("release") ? rumpKernel.get("release").getAsString() : "(unnamed release)",
        String.join(" ", names));
    stdout.println(
        rumpKernel.has("noticesFrom")
            ? "  NetBSD's notices are those of " + rumpKernel.get("noticesFrom").getAsString()
            : "  NetBSD's notices are missing: who hands the image on must add them"
                + " (--rump-copyright=FILE)");
  }

  private void print(JsonObject result) {
    PrintWriter stdout = spec.commandLine().getOut();
    if (json.json()) {
      stdout.println(new GsonBuilder().setPrettyPrinting().create().toJson(result));
      return;
    }
    for (String part : List.of("emulator", "kernel")) {
      if (result.has(part)) {
        JsonObject entry = result.getAsJsonObject(part);
        stdout.printf(
            "%-9s %s (%,d bytes, sha256 %s)%n",
            part,
            entry.get("path").getAsString(),
            entry.get("size").getAsLong(),
            entry.get("sha256").getAsString());
      }
    }
    if (result.has("rumpKernel")) {
      print(stdout, result.getAsJsonObject("rumpKernel"));
    }
    if (result.has("sources")) {
      for (JsonElement element : result.getAsJsonArray("sources")) {
        JsonObject source = element.getAsJsonObject();
        stdout.printf(
            "  %-17s %s%s%n",
            source.get("name").getAsString(),
            source.get("version").getAsString(),
            source.get("pinned").getAsBoolean() ? "" : " (not the pinned version)");
      }
    }
    if (result.has("image")) {
      stdout.printf(
          "%-9s %s (ramdisk %,d bytes)%n",
          "image", result.get("image").getAsString(), result.get("ramdiskSize").getAsLong());
    }
    if (result.has("recorded")) {
      stdout.printf("%-9s %s%n", "recorded", result.get("recorded").getAsString());
    }
    if (result.has("verify") && result.getAsJsonObject("verify").get("same").getAsBoolean()) {
      stdout.printf("%-9s the same bytes as recorded in %s%n", "verify", Checksums.FILE);
    }
  }
}
