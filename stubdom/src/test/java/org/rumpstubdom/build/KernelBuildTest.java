// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Trees;

/** A program of one file stands for the kernel, in a place with an awkward name. */
final class KernelBuildTest {
  @TempDir Path directory;

  private void source(Path checkout, String text) throws IOException {
    Files.writeString(
        checkout.resolve("main.c"),
        "#include <stdio.h>\nint main(void) { return puts(__FILE__ \"" + text + "\"); }\n");
  }

  private Path build(Path checkout) throws IOException {
    return new KernelBuild(
            checkout,
            new CacheDirectory(directory.resolve("cache")),
            HostTools.ofMachine(),
            1,
            null,
            Progress.silent())
        .run();
  }

  @Test
  void aKernelStaysAsItIsWhenTheNextOneIsBuilt() throws IOException {
    Path checkout = Files.createDirectory(directory.resolve("it's a check out"));
    Files.writeString(
        checkout.resolve("meson.build"),
        "project('k', 'c')\nexecutable('stubdom-kernel', 'main.c')");
    Files.writeString(checkout.resolve("meson_options.txt"), "option('hosted', type : 'boolean')");
    source(checkout, "one");
    Path first = build(checkout);
    byte[] bytes = Files.readAllBytes(first);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    assertTrue(text.contains("main.cone"), "the source's name without its place is not in there");
    assertFalse(text.contains("check out"), "the checkout's place is in the kernel");
    assertEquals(first, build(checkout));
    source(checkout, "another");
    Path second = build(checkout);
    assertNotEquals(first, second);
    assertArrayEquals(bytes, Files.readAllBytes(first));
    Path log = Trees.list(directory.resolve("cache/logs")).get(0);
    assertTrue(log.getFileName().toString().matches("kernel-[0-9a-f]{16}\\.log"), log.toString());
  }
}
