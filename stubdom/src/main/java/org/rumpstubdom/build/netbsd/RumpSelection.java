// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.rumpstubdom.build.netbsd.RelocatableObject.Kind;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * Which libraries are linked: the kernel, the components asked for, and what those need. Libraries
 * are linked whole, as components make themselves known by link sets only.
 */
public final class RumpSelection {
  /** What the stub domain cannot be without: the root's file system, and sockets of QEMU's own. */
  private static final List<String> ALWAYS = List.of("tmpfs", "local");

  /** What is linked when nothing else is asked for. */
  public static final List<String> DEFAULT = List.of("tmpfs", "local", "inet");

  /** The half of a component that is for hosts with a C library defines these only. */
  private static final String COMPONENT_HYPERCALLS = "rumpcomp_";

  /**
   * What our kernel calls, by the names that releases before it had: the structures of these begin
   * alike, and we look at no more of them.
   */
  private static final Map<String, String> BEFORE =
      Map.of(
          "rump___sysimpl_statvfs190", "rump___sysimpl_statvfs1",
          "rump___sysimpl_fstatvfs190", "rump___sysimpl_fstatvfs1");

  /** The word that NetBSD's stack protector compares. */
  private static final String GUARD = "__stack_chk_guard";

  private static final int LINES = 20;

  private final RumpLibraries libraries;
  private final KernelSymbols kernel;
  private final Map<String, RumpLibrary> chosen = new LinkedHashMap<>();
  private final Map<RelocatableObject, RumpLibrary> objects = new LinkedHashMap<>();
  private final Set<RumpLibrary> halved = new LinkedHashSet<>();
  private final Set<String> defined = new TreeSet<>();
  private final Set<String> brackets = new TreeSet<>();
  private final Map<String, String> renamed = new TreeMap<>();
  private boolean stubs;

  private RumpSelection(RumpLibraries libraries, KernelSymbols kernel) {
    this.libraries = libraries;
    this.kernel = kernel;
  }

  /**
   * Finds the components, before anything is built.
   *
   * @throws StubdomException when one is not there (2) or cannot be linked (3)
   */
  public static void requireComponents(RumpLibraries libraries, List<String> components) {
    for (String component : components) {
      libraries.component(component).check();
    }
    for (String component : ALWAYS) {
      libraries.component(component).check();
    }
    libraries.library("rumpvfs").check();
  }

  /**
   * Chooses.
   *
   * @throws StubdomException (3) with a line for each symbol that is missing or there twice
   */
  public static RumpSelection choose(
      RumpLibraries libraries, List<String> components, KernelSymbols kernel) {
    RumpSelection selection = new RumpSelection(libraries, kernel);
    selection.add(libraries.library("rump"));
    selection.add(libraries.library("rumpvfs"));
    for (String component : ALWAYS) {
      selection.add(libraries.component(component));
    }
    for (String component : components) {
      selection.add(libraries.component(component));
    }
    selection.addNeeds();
    selection.checkDuplicates();
    return selection;
  }

  private void add(RumpLibrary library) {
    if (chosen.putIfAbsent(library.name(), library) != null) {
      return;
    }
    library.check();
    for (RelocatableObject object : library.objects()) {
      if (isHostHalf(object)) {
        halved.add(library);
        continue;
      }
      objects.put(object, library);
      object
          .globals()
          .forEach(
              (symbol, kind) -> {
                if (LinkSets.isBracket(symbol)) {
                  brackets.add(symbol);
                } else if (kind != Kind.undefined && kind != Kind.maybe) {
                  defined.add(symbol);
                }
              });
    }
    // A component comes with its faction.
    for (String faction : RumpLibraries.BASE) {
      if (library.name().startsWith(faction + "_")) {
        add(libraries.library(faction));
      }
    }
  }

  /** Our drivers are the other half; the one for hosts would want their C library. */
  private boolean isHostHalf(RelocatableObject object) {
    List<String> own =
        object.globals().entrySet().stream()
            .filter(e -> e.getValue() == Kind.defined || e.getValue() == Kind.weak)
            .map(Map.Entry::getKey)
            .toList();
    return !own.isEmpty()
        && own.stream().allMatch(symbol -> symbol.startsWith(COMPONENT_HYPERCALLS))
        && kernel.offered().containsAll(own);
  }

  private void addNeeds() {
    Map<String, String> missing = missing();
    for (boolean added = true; added; missing = missing()) {
      added = false;
      for (String symbol : missing.keySet()) {
        Optional<RumpLibrary> provider = provider(symbol);
        if (provider.isPresent()) {
          add(provider.get());
          added = true;
          break;
        }
      }
    }
    if (!missing.isEmpty()) {
      throw failure(missing.values());
    }
  }

  /** Of several libraries the one that does the work: "nofifofs" says that there are no FIFOs. */
  private Optional<RumpLibrary> provider(String symbol) {
    return libraries.all().stream()
        .filter(library -> !chosen.containsKey(library.name()) && library.defines(symbol))
        .min(
            Comparator.comparing((RumpLibrary l) -> !RumpLibraries.BASE.contains(l.name()))
                .thenComparing(library -> library.name().contains("_no"))
                .thenComparing(RumpLibrary::name));
  }

  /** By symbol: a line that says who calls what nobody has. */
  private Map<String, String> missing() {
    Map<String, String> missing = new TreeMap<>();
    for (String symbol : kernel.called()) {
      String before = BEFORE.get(symbol);
      if (!defined.contains(symbol) && before != null && defined.contains(before)) {
        renamed.put(symbol, before);
      } else if (!defined.contains(symbol)) {
        missing.put(
            symbol,
            "librump.a: has no " + symbol + ", nor has another library; our kernel calls it");
      }
    }
    objects.forEach(
        (object, library) ->
            object
                .globals()
                .forEach(
                    (symbol, kind) -> {
                      if (kind == Kind.undefined && !isThere(symbol)) {
                        missing.putIfAbsent(symbol, lack(library.where(object), symbol));
                      } else if (isForeignProtector(object, symbol, kind)) {
                        missing.putIfAbsent(
                            symbol,
                            library.where(object)
                                + ": calls "
                                + symbol
                                + " without "
                                + GUARD
                                + ": compiled with the stack protector of another system");
                      }
                    }));
    return missing;
  }

  private boolean isThere(String symbol) {
    return defined.contains(symbol)
        || kernel.offered().contains(symbol)
        || LinkSets.isBracket(symbol)
        || symbol.equals("_GLOBAL_OFFSET_TABLE_");
  }

  /** NetBSD's compiler compares a global word, others one in the thread's own segment. */
  private static boolean isForeignProtector(RelocatableObject object, String symbol, Kind kind) {
    return kind == Kind.undefined
        && symbol.equals("__stack_chk_fail")
        && !object.globals().containsKey(GUARD);
  }

  private String lack(String where, String symbol) {
    if (symbol.startsWith("rumpuser_")) {
      return where + ": calls " + symbol + ", a hypercall that our kernel has not got";
    }
    return where + ": needs " + symbol + ", which no library here has";
  }

  private static StubdomException failure(Iterable<String> problems) {
    List<String> lines = new ArrayList<>();
    problems.forEach(lines::add);
    String first = lines.get(0);
    int colon = first.indexOf(": ");
    String more = lines.size() == 1 ? "" : " (and " + (lines.size() - 1) + " more)";
    List<String> shown = lines.subList(0, Math.min(LINES, lines.size()));
    return new StubdomException(
        ExitCode.INPUT,
        first.substring(0, colon),
        first.substring(colon + 2) + more,
        "name all libraries of one NetBSD release",
        lines.size() == 1 ? List.of() : shown,
        null);
  }

  /**
   * A library of the kernel's base may have stubs of what a component has in earnest: then the
   * component's are linked. Everything else that is there twice is a mistake.
   */
  private void checkDuplicates() {
    Map<String, RelocatableObject> first = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    for (Map.Entry<RelocatableObject, RumpLibrary> entry : objects.entrySet()) {
      RelocatableObject object = entry.getKey();
      RumpLibrary library = entry.getValue();
      object
          .globals()
          .forEach(
              (symbol, kind) -> {
                if (kind != Kind.defined) {
                  return;
                }
                RelocatableObject other = first.putIfAbsent(symbol, object);
                if (kernel.firm().contains(symbol)) {
                  problems.add(
                      library.where(object) + ": defines " + symbol + ", as our kernel does");
                } else if (other != null && isBase(objects.get(other)) != isBase(library)) {
                  stubs = true;
                } else if (other != null) {
                  problems.add(
                      library.where(object)
                          + ": defines "
                          + symbol
                          + ", as "
                          + objects.get(other).where(other)
                          + " does");
                }
              });
    }
    if (!problems.isEmpty()) {
      throw failure(problems);
    }
  }

  private static boolean isBase(RumpLibrary library) {
    return RumpLibraries.BASE.contains(library.name());
  }

  /** The names of the libraries, in the order in which they are linked. */
  public List<String> names() {
    return inOrder().map(RumpLibrary::name).toList();
  }

  /** Components come before the base: of what is there twice the linker takes the first. */
  private Stream<RumpLibrary> inOrder() {
    return chosen.values().stream()
        .sorted(Comparator.comparing(RumpSelection::isBase).thenComparing(RumpLibrary::name));
  }

  /**
   * Writes what the linker is told into a directory: {@code link.rsp}. Files that would not change
   * are not touched.
   *
   * @param copied whether the libraries are copied there, for a linker that sees nothing else
   */
  public void write(Path directory, boolean copied) throws IOException {
    Set<String> filled = new TreeSet<>();
    objects.keySet().forEach(object -> filled.addAll(object.linkSets()));
    StringBuilder symbols = new StringBuilder(LinkSets.script(brackets, filled));
    renamed.forEach(
        (name, before) -> symbols.append(name).append(" = ").append(before).append(";\n"));
    Path script = directory.resolve("symbols.ld");
    update(script, symbols.toString().getBytes(StandardCharsets.UTF_8));
    List<String> arguments = new ArrayList<>();
    arguments.add(script.toString());
    if (stubs) {
      arguments.add("-Wl,-z,muldefs");
    }
    arguments.add("-Wl,--whole-archive");
    for (RumpLibrary library : inOrder().toList()) {
      if (halved.contains(library)) {
        for (RelocatableObject object : library.objects()) {
          if (objects.containsKey(object)) {
            Path member = directory.resolve(library.name() + "-" + object.name());
            update(member, library.content(object));
            arguments.add(member.toString());
          }
        }
      } else if (copied) {
        Path copy = directory.resolve(library.file().getFileName());
        Trees.update(library.file(), copy);
        arguments.add(copy.toString());
      } else {
        arguments.add(library.file().toString());
      }
    }
    arguments.add("-Wl,--no-whole-archive");
    StringBuilder text = new StringBuilder();
    for (String argument : arguments) {
      text.append(argument.replaceAll("([\\s\"'\\\\])", "\\\\$1")).append('\n');
    }
    update(directory.resolve("link.rsp"), text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void update(Path file, byte[] content) throws IOException {
    if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
      Files.write(file, content);
    }
  }
}
