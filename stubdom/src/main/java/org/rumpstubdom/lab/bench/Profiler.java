// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.root.LabPlugin;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Resources;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;

/**
 * Counts whose instructions an operation takes: the guest, or dom0 for what it measures itself,
 * marks beginning and end of each sample, and a plugin of the emulator counts between the marks.
 * Closing it removes the plugin and what that wrote.
 */
public final class Profiler implements AutoCloseable {
  private static final String PLUGIN = "profile-plugin";
  private static final String PROGRAM = "profile-dom0";

  private static final double PRECISION = 100;

  /** In dom0, the pages that are asked about. */
  private static final String ASKED = "/run/asked";

  private final TemporaryDirectory scratch;
  private final KernelRooms rooms;
  private final Path library;
  private final Path marker;
  private final List<Counted> guests = new ArrayList<>();
  private MachineMemory memory;

  private Profiler(TemporaryDirectory scratch, KernelRooms rooms, Progress progress)
      throws IOException {
    this.scratch = scratch;
    this.rooms = rooms;
    try (Progress.Step step = progress.begin("build what counts instructions")) {
      // The emulator has all that the plugin calls; its C library may be older than this
      // computer's.
      library = compile(PLUGIN, "-shared", "-fPIC", "-fvisibility=hidden", "-nostdlib");
      marker = compile(PROGRAM, "-static");
      step.done();
    }
  }

  /** One for runs without our stub domain. */
  public static Profiler create(Progress progress) throws IOException {
    return create(null, progress);
  }

  /**
   * One for runs with our stub domain, too.
   *
   * @param built this source tree's kernel
   * @param map the linker's map of that build
   * @param kernel the stub domain's kernel
   * @throws StubdomException (3) when there is no compiler, or the kernel is not of this source
   *     tree
   */
  public static Profiler create(Path built, Path map, Path kernel, Progress progress)
      throws IOException {
    return create(KernelRooms.of(built, map, kernel), progress);
  }

  private static Profiler create(KernelRooms rooms, Progress progress) throws IOException {
    TemporaryDirectory scratch = TemporaryDirectory.create("profile");
    try {
      return new Profiler(scratch, rooms, progress);
    } catch (IOException | RuntimeException e) {
      scratch.close();
      throw e;
    }
  }

  /** This computer's compiler makes the guests, too; that of the build root sees the root only. */
  private Path compile(String name, String... arguments) throws IOException {
    Path source = scratch.path().resolve(name + ".c");
    Path output = scratch.path().resolve(name);
    Files.write(source, Resources.bytes(Profiler.class, name + ".c"));
    Command.of("gcc", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror")
        .args(arguments)
        .args("-o", output.toString(), source.toString())
        .describe("compile " + name + ".c for the profile")
        .whenMissing("apt-get install gcc libc6-dev")
        .run();
    return output;
  }

  private Path counts() {
    return scratch.path().resolve("counts");
  }

  /** What the emulator is to be started with. */
  LabPlugin plugin() {
    return new LabPlugin(library, new TreeMap<>(Map.of("out", counts().toString())));
  }

  /** The plan of a guest, with what dom0 has to do for its profile. */
  GuestPlan prepare(BenchGuest guest, GuestPlan plan) throws IOException {
    String inDom0 = GuestPlan.Measurement.PROGRAM;
    List<GuestPlan.Command> commands = new ArrayList<>(HostMeasure.commands(guest, inDom0));
    String program = Resources.text(Profiler.class, "end-profile");
    String name = plan.guest().name();
    commands.add(
        new GuestPlan.Command(
            ": SUCCESS", List.of("sh", "-c", program, "end-profile", name, inDom0)));
    GuestPlan.Measurement plain = plan.measurement();
    return plan.with(
        new GuestPlan.Measurement(plain.nativeCounter(), plain.memoryMib(), commands, marker));
  }

  /**
   * A guest that was counted.
   *
   * @param figures of each the code
   * @param said what dom0 said of the pages with that code
   */
  private record Counted(List<List<CountedCode>> figures, String said) {}

  /** Sees the host when a guest has come to its end and is still there. */
  void look(Lab lab) throws IOException {
    if (memory == null) {
      memory = MachineMemory.of(lab);
    }
    List<List<List<CountedCode>>> all = read();
    if (all.size() > guests.size()) {
      List<List<CountedCode>> figures = all.get(guests.size());
      guests.add(new Counted(figures, pages(lab, figures)));
    }
  }

  private List<List<List<CountedCode>>> read() throws IOException {
    return CountedCode.read(Files.exists(counts()) ? Files.readAllLines(counts()) : List.of());
  }

  /** Asks only about pages with code in them: Xen logs each that is not the domain's. */
  private String pages(Lab lab, List<List<CountedCode>> figures) throws IOException {
    String asked =
        figures.stream()
            .flatMap(List::stream)
            .map(code -> memory.physical(code.host()))
            .flatMapToLong(OptionalLong::stream)
            .map(MachineMemory::page)
            .sorted()
            .distinct()
            .mapToObj(page -> Long.toHexString(page) + "\n")
            .collect(Collectors.joining());
    lab.dom0().push(asked.getBytes(StandardCharsets.US_ASCII), ASKED);
    return lab.dom0()
        .sh(
            "sh -c \"$1\" list-pages \"$2\" <\"$3\"",
            Resources.text(Profiler.class, "list-pages"),
            GuestPlan.Measurement.PROGRAM,
            ASKED);
  }

  /**
   * Makes profiles of what was counted.
   *
   * @param results of the guests, in the order they ran
   * @throws StubdomException (5) when a guest that came to its end was not counted
   */
  List<Profile> profiles(List<BenchPlan.Measuring> runs, List<GuestResult> results) {
    Iterator<Counted> counted = guests.iterator();
    List<Profile> profiles = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      GuestResult result = results.get(i);
      boolean complete = result.measured().contains("profile complete");
      Counted guest = complete && counted.hasNext() ? counted.next() : new Counted(List.of(), "");
      if (result.status() == GuestResult.Status.PASS) {
        profiles.addAll(of(runs.get(i).guest(), result, guest.said(), guest.figures()));
      }
    }
    return profiles;
  }

  private List<Profile> of(
      BenchGuest guest, GuestResult result, String said, List<List<CountedCode>> counted) {
    Map<Figure, Double> operations = operations(guest, result);
    if (operations.size() != counted.size()) {
      throw StubdomException.test(
          result.name() + " (" + result.model() + ")",
          "%d figures, but %d were counted: %s"
              .formatted(operations.size(), counted.size(), String.join(" ", result.measured())),
          "report it");
    }
    CodeOwners owners = new CodeOwners(said, result.model(), memory, rooms);
    List<Profile> profiles = new ArrayList<>();
    Iterator<List<CountedCode>> code = counted.iterator();
    operations.forEach(
        (figure, count) ->
            profiles.add(
                new Profile(
                    figure.group(),
                    figure.name(),
                    result.model(),
                    figure.mean(result.model()).orElseThrow(),
                    parts(code.next(), owners, count))));
    return profiles;
  }

  /** The figures in the order they were measured, with how many operations each is of. */
  private static Map<Figure, Double> operations(BenchGuest guest, GuestResult result) {
    Map<Figure, Double> operations = new LinkedHashMap<>();
    for (Figure figure : HostMeasure.figures(guest, result)) {
      if (figure.unit() == Figure.Unit.INSTRUCTIONS) {
        operations.put(figure, HostMeasure.operations(guest, result));
      }
    }
    operations.putAll(
        FigureLines.operations(result.serial().text(), guest.group(), result.model()));
    return operations;
  }

  private static Map<String, Double> parts(
      List<CountedCode> counted, CodeOwners owners, double operations) {
    Map<String, Long> counts = new TreeMap<>(CodeOwners.ORDER);
    for (CountedCode code : counted) {
      counts.merge(owners.of(code.address(), code.host()), code.instructions(), Long::sum);
    }
    Map<String, Double> parts = new LinkedHashMap<>();
    // To a precision that files keep: a table is the same from a run and from its file.
    counts.forEach(
        (part, count) -> parts.put(part, Math.round(count / operations * PRECISION) / PRECISION));
    return parts;
  }

  @Override
  public void close() {
    scratch.close();
  }
}
