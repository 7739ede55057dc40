// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

final class RecipeRunnerTest {
  @TempDir Path directory;
  private final List<String> built = new ArrayList<>();
  private CacheDirectory cache;

  @BeforeEach
  void prepare() {
    cache = new CacheDirectory(directory.resolve("cache"));
  }

  /** Builds with a shell script. */
  private final class Scripted implements Recipe {
    private final String name;
    private final String script;
    private final List<String> dependencies;

    Scripted(String name, String script, String... dependencies) {
      this.name = name;
      this.script = script;
      this.dependencies = List.of(dependencies);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String title() {
      return "build " + name;
    }

    @Override
    public List<String> packages() {
      return List.of();
    }

    @Override
    public List<String> dependencies() {
      return dependencies;
    }

    @Override
    public void addInputs(Hashing.Key key) {
      key.add("script", script);
    }

    @Override
    public boolean resumes() {
      return script.contains("resume");
    }

    @Override
    public void build(Workspace work) throws IOException {
      built.add(name);
      work.command("sh", "-c", script, "sh", work.out().toString()).describe(name).run();
    }
  }

  private Map<String, Path> run(Recipe... recipes) throws IOException {
    built.clear();
    return new RecipeRunner(cache, HostTools.ofMachine(), Map.of("gcc", "x"), 1, Progress.silent())
        .run(List.of(recipes), Map.of());
  }

  private Scripted a(String text) {
    return new Scripted("a", "echo " + text + " >$1/a");
  }

  private Scripted b() {
    return new Scripted("b", "cat ../sysroot/a >$1/b", "a");
  }

  private Scripted c() {
    return new Scripted("c", "echo c >$1/c");
  }

  @Test
  void rebuildsOnlyWhatDependsOnAChange() throws IOException {
    run(a("one"), b(), c());
    assertEquals(List.of("a", "b", "c"), built);
    run(a("one"), b(), c());
    assertEquals(List.of(), built);
    Map<String, Path> results = run(a("two"), b(), c());
    assertEquals(List.of("a", "b"), built);
    assertEquals("two\n", Files.readString(results.get("b").resolve("b")));
    run(a("one"), b(), c());
    assertEquals(List.of(), built);
  }

  @Test
  void aChangeThatLeavesTheBytesAloneGoesNoFurther() throws IOException {
    run(a("same"), b());
    run(new Scripted("a", "echo same >$1/a # said differently"), b());
    assertEquals(List.of("a"), built);
  }

  @Test
  void aFailedStepSaysWhatAndWhereAndLeavesNothing() throws IOException {
    Scripted bad = new Scripted("bad", "echo half >$1/half; echo the reason >&2; exit 3");
    StubdomException failure = assertThrows(StubdomException.class, () -> run(bad));
    assertEquals(ExitCode.BUILD, failure.exitCode());
    assertTrue(failure.getMessage().contains("the reason"), failure.getMessage());
    Path log = Trees.list(cache.directory("logs")).get(0);
    assertTrue(log.getFileName().toString().matches("bad-[0-9a-f]{32}\\.log"), log.toString());
    assertTrue(failure.getMessage().contains(log.toString()), failure.getMessage());
    assertTrue(Files.readString(log).contains("the reason"));
    assertEquals(List.of(), Trees.list(cache.directory("build")));
  }

  @Test
  void aKilledCompilerFailsTheStepAndTheNextRunWorks() throws IOException {
    Path marker = directory.resolve("second");
    Scripted killed =
        new Scripted(
            "killed",
            "test -e %s || { touch %s; kill -9 $$; }; echo ok >$1/f".formatted(marker, marker));
    StubdomException failure = assertThrows(StubdomException.class, () -> run(killed));
    assertEquals(ExitCode.BUILD, failure.exitCode());
    assertEquals(List.of(), Trees.list(cache.directory("build")));
    assertEquals("ok\n", Files.readString(run(killed).get("killed").resolve("f")));
  }

  @Test
  void theCompilersComplaintIsTheReason() {
    Scripted make =
        new Scripted(
            "m",
            "echo 'gcc: fatal error: Killed signal terminated program cc1'; "
                + "echo 'make: *** Waiting for unfinished jobs....'; exit 2");
    StubdomException failure = assertThrows(StubdomException.class, () -> run(make));
    assertEquals("build m", failure.what());
    assertEquals("gcc: fatal error: Killed signal terminated program cc1", failure.why());
    assertEquals(2, failure.details().size());
  }

  @Test
  void resumesWhereAnInterruptedRunStopped() throws IOException {
    Scripted resuming =
        new Scripted(
            "r", ": resume; if test -e half; then cp half $1/f; else echo half >half; exit 1; fi");
    assertThrows(StubdomException.class, () -> run(resuming));
    assertEquals("half\n", Files.readString(run(resuming).get("r").resolve("f")));
    assertFalse(Files.exists(cache.root().resolve("work").resolve("r")));
    assertEquals(List.of(), Trees.list(cache.directory("work")));
  }

  @Test
  void namesAllMissingProgramsAndTheirPackages() {
    StubdomException failure =
        assertThrows(StubdomException.class, () -> new HostTools(List.of(directory)).check());
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.what().startsWith("gcc, ld, make, meson, ninja"), failure.what());
    assertTrue(failure.fix().contains("ninja-build"), failure.fix());
    assertEquals(1, failure.getMessage().lines().count());
  }
}
