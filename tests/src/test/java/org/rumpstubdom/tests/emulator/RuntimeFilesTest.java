// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.build.Emulator;
import org.rumpstubdom.build.recipe.RuntimeFilesRecipe;
import org.rumpstubdom.util.Command;

/**
 * Derives the list of run-time files: starts the emulator with every device and keymap and watches,
 * with strace, which files it looks for.
 */
@Tag("emulator")
final class RuntimeFilesTest {
  private static final Pattern DEVICE = Pattern.compile("name \"([^\"]+)\".*");
  private static final Pattern LOOKUP =
      Pattern.compile("(?:open|openat|access)\\((?:AT_FDCWD, )?\"(/[^\"]*/(keymaps/)?([^/\"]+))\"");

  /** Comes with the machine's fw_cfg; libxl never puts it on a command line. */
  private static final Set<String> NEVER_ASKED_FOR = Set.of("ramfb");

  @TempDir static Path directory;
  private static Emulator emulator;
  private static List<Path> searched;

  @BeforeAll
  static void prepare() throws IOException {
    emulator = BuiltEmulator.get();
    Path data = directory.resolve("data");
    BuiltEmulator.unpackData(data);
    searched =
        List.of("usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu").stream()
            .map(data::resolve)
            .toList();
  }

  /** The names of the files it looks for in the data directories, found or not. */
  private static Set<String> lookups(boolean mustStart, String... arguments) throws IOException {
    Path trace = Files.createTempFile(directory, "trace", "");
    Command command =
        Command.of("strace", "-f", "-s", "400", "-e", "trace=open,openat,access")
            .args("-o", trace.toString(), emulator.program().toString())
            .args("-accel", "qtest", "-nodefaults", "-display", "none", "-S")
            .args("-monitor", "stdio")
            .input(Files.writeString(Files.createTempFile(directory, "in", ""), "quit\n"))
            .timeout(Duration.ofMinutes(2))
            .capture();
    searched.forEach(data -> command.args("-L", data.toString()));
    Command.Result result = command.args(arguments).execute();
    if (mustStart) {
      assertEquals(0, result.status(), () -> String.join("\n", result.lastLines()));
    }
    Set<String> names = new TreeSet<>();
    for (String line : Files.readAllLines(trace)) {
      Matcher matcher = LOOKUP.matcher(line);
      while (matcher.find()) {
        Path path = Path.of(matcher.group(1));
        if (searched.stream().anyMatch(path::startsWith)) {
          names.add(matcher.group(3));
        }
      }
    }
    return names;
  }

  private static List<String> devices() {
    String help =
        Command.of(emulator.program().toString(), "-accel", "qtest", "-M", "pc", "-device", "help")
            .capture()
            .run()
            .output();
    List<String> names = new ArrayList<>();
    for (String line : help.lines().toList()) {
      Matcher matcher = DEVICE.matcher(line);
      if (matcher.matches()
          && !matcher.group(1).endsWith("-i386-cpu")
          && !NEVER_ASKED_FOR.contains(matcher.group(1))) {
        names.add(matcher.group(1));
      }
    }
    assertTrue(names.contains("rtl8139") && names.contains("VGA"), names::toString);
    return names;
  }

  @Test
  void theListIsWhatTheEmulatorLooksFor() throws IOException {
    // What QEMU's own PC machine wants; under Xen hvmloader brings the BIOS.
    Set<String> machine = lookups(true, "-M", "pc");
    assertTrue(machine.contains("bios-256k.bin"), machine::toString);
    Set<String> wanted = new TreeSet<>();
    for (String device : devices()) {
      wanted.addAll(lookups(false, "-M", "pc", "-device", device));
    }
    Path kernel = Files.write(directory.resolve("kernel"), new byte[8192]);
    wanted.addAll(lookups(true, "-M", "pc", "-kernel", kernel.toString()));
    wanted.removeAll(machine);
    Set<String> listed =
        RuntimeFilesRecipe.files().keySet().stream()
            .filter(file -> !file.contains("/keymaps/"))
            .map(file -> Path.of(file).getFileName().toString())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(listed, wanted);
  }

  @Test
  void everyKeymapOfTheListIsUsed() throws IOException {
    Set<String> keymaps =
        RuntimeFilesRecipe.files().keySet().stream()
            .filter(file -> file.contains("/keymaps/"))
            .map(file -> Path.of(file).getFileName().toString())
            .collect(Collectors.toCollection(TreeSet::new));
    for (String keymap : keymaps) {
      Path socket = directory.resolve("vnc-" + keymap);
      Set<String> names = lookups(true, "-M", "none", "-k", keymap, "-vnc", "unix:" + socket);
      assertTrue(names.contains(keymap), keymap + " in " + names);
    }
    Set<String> byDefault = lookups(true, "-M", "none", "-vnc", "unix:" + directory.resolve("vnc"));
    assertTrue(keymaps.containsAll(byDefault) && !byDefault.isEmpty(), byDefault::toString);
  }
}
