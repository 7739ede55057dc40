// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.build.recipe.RuntimeFilesRecipe;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

final class ImageBuildTest {
  @TempDir Path directory;
  private Path file;
  private Emulator emulator;

  @BeforeEach
  void prepare() throws IOException {
    file = Files.writeString(directory.resolve("file"), "content");
    Path runtime = directory.resolve("runtime");
    for (String name : RuntimeFilesRecipe.files().keySet()) {
      Path target = runtime.resolve(name);
      Files.createDirectories(target.getParent());
      Files.writeString(target, name);
    }
    emulator = new Emulator(file, file, runtime, List.of(), new JsonObject());
  }

  private ImageDirectory write(Path out) throws IOException {
    return ImageBuild.write(out, file, emulator, 32, List.of(), Progress.silent());
  }

  @Test
  void aSymbolicLinkToAnImageStays() throws IOException {
    Path real = write(directory.resolve("real")).path();
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    Files.delete(real.resolve(ImageDirectory.SUMS));
    write(link);
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.exists(real.resolve(ImageDirectory.SUMS)));
  }

  @Test
  void filesOfTheUsersStay() throws IOException {
    Path out = write(directory.resolve("out")).path();
    Path notes = Files.writeString(out.resolve("notes.txt"), "mine");
    StubdomException failure = assertThrows(StubdomException.class, () -> write(out));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertEquals(notes.toString(), failure.what());
    assertEquals("mine", Files.readString(notes));
  }
}
