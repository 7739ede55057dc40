// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.util.Hashing;

/**
 * QEMU's own device tests (qtest) for our device list, from the same sources with the same
 * compiler. They are programs that start an emulator and drive its devices over a socket; they
 * judge the emulator of {@link QemuRecipe}. Never part of an image.
 */
public final class QemuTestsRecipe implements Recipe {
  /**
   * Where the test programs lie in the result, besides {@code qemu-img}, which some of them use.
   */
  public static final String PROGRAMS = "usr/libexec/qemu-tests";

  private final String devices;

  /** A recipe for the tests that suit these devices. */
  public QemuTestsRecipe(String devices) {
    this.devices = devices;
  }

  @Override
  public String name() {
    return "qemu-tests";
  }

  @Override
  public String title() {
    return "build QEMU's tests";
  }

  @Override
  public List<String> packages() {
    return List.of("qemu");
  }

  @Override
  public List<String> dependencies() {
    return new QemuRecipe(devices, false).dependencies();
  }

  @Override
  public void addInputs(Hashing.Key key) {
    key.add("devices", devices);
  }

  @Override
  public boolean resumes() {
    return true;
  }

  @Override
  public void build(Workspace work) throws IOException {
    QemuRecipe.configure(work, devices, List.of("--enable-tools", "--enable-trace-backends=nop"));
    List<String> targets = new ArrayList<>(tests(work));
    targets.add("qemu-img");
    work.command("ninja", "-j" + work.jobs()).args(targets).describe("compile QEMU's tests").run();
    Path out = Files.createDirectories(work.out().resolve(PROGRAMS));
    for (String target : targets) {
      Path built = work.build().resolve(target);
      Files.copy(built, out.resolve(built.getFileName()));
    }
  }

  /** The test programs meson has found to apply, as ninja targets. */
  private static List<String> tests(Workspace work) throws IOException {
    List<String> targets = new ArrayList<>();
    String text = Files.readString(work.build().resolve("meson-info/intro-tests.json"));
    for (JsonElement element : JsonParser.parseString(text).getAsJsonArray()) {
      JsonObject test = element.getAsJsonObject();
      if (test.get("name").getAsString().startsWith("qtest-")) {
        String program = test.getAsJsonArray("cmd").get(0).getAsString();
        targets.add(work.belowBuild(program).toString());
      }
    }
    return targets;
  }
}
