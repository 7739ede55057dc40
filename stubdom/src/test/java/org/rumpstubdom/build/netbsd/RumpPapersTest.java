// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.build.Emulator;
import org.rumpstubdom.build.ImageBuild;
import org.rumpstubdom.build.recipe.RuntimeFilesRecipe;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.StubdomException;

/** Notices of NetBSD's code in an image's papers; libraries and emulator are a few bytes each. */
final class RumpPapersTest {
  private static final String OTHERS = "Notices of the emulator, by Anders Åström.\n";

  private static final String KERNEL =
      """
      int rumpuser_init(int, const void *);
      const char rumpns_copyright[] = "(c) The Foundation\\n", rumpns_osrelease[] = "8.1";
      int rump_init(void) { return rumpuser_init(17, rumpns_copyright); }
      int rump_pub_lwproc_rfork(int flags) { return flags; }
      """;

  @TempDir Path directory;
  private Path set;

  @BeforeEach
  void librariesOfOneKernel() throws IOException {
    set = Files.createDirectory(directory.resolve("set"));
    archive("rump", object("rump", KERNEL));
    for (String name : List.of("rumpvfs", "rumpnet")) {
      archive(name);
    }
    for (String name : List.of("rumpfs_tmpfs", "rumpnet_local")) {
      archive(name, object(name, "static int component;"));
    }
  }

  private String object(String name, String text) throws IOException {
    Path source = Files.writeString(directory.resolve(name + ".c"), text);
    Path object = directory.resolve(name + ".o");
    Command.of("gcc", "-c", "-O1", "-fPIE", "-fno-stack-protector", "-ffreestanding")
        .args("-o", object.toString(), source.toString())
        .run();
    return object.toString();
  }

  private void archive(String name, String... objects) {
    Command.of("ar", "rc", set.resolve("lib" + name + ".a").toString()).args(objects).run();
  }

  private ImageDirectory image(Path named) throws IOException {
    RumpLibraries libraries =
        RumpLibraries.open(set, new CacheDirectory(directory.resolve("cache")));
    Path notices = RumpPapers.notices(named, libraries).orElse(null);
    RumpSelection selection =
        RumpSelection.choose(
            libraries,
            List.of(),
            KernelSymbols.parse(Stream.of("rumpuser_init T 0 1", "rump_init U ")));
    return image(new RumpPapers(libraries, selection, notices));
  }

  private ImageDirectory image(RumpPapers papers) throws IOException {
    Path runtime = directory.resolve("runtime");
    for (String file : RuntimeFilesRecipe.files().keySet()) {
      Path path = runtime.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, "firmware");
    }
    Path program = Files.writeString(directory.resolve("program"), "a program");
    Path copyright = Files.writeString(directory.resolve("others"), OTHERS);
    Emulator emulator =
        new Emulator(program, program, runtime, copyright, List.of(), new JsonObject());
    return ImageBuild.write(
        directory.resolve("image"),
        Files.writeString(directory.resolve("kernel"), "a kernel"),
        emulator,
        32,
        List.of(),
        papers,
        Progress.silent());
  }

  private static String copyright(ImageDirectory image) throws IOException {
    return Files.readString(image.path().resolve(ImageDirectory.COPYRIGHT));
  }

  private static String state(ImageDirectory image) {
    JsonObject build = image.manifest().getAsJsonObject("build");
    return build.getAsJsonObject("rumpKernel").get("notices").getAsString();
  }

  /** What the bill of materials says of NetBSD's kernel, by name. */
  private static Optional<Map<String, String>> bill(ImageDirectory image) throws IOException {
    String text = Files.readString(image.path().resolve(ImageDirectory.SBOM));
    for (JsonElement element :
        JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("components")) {
      JsonObject component = element.getAsJsonObject();
      if (component.get("name").getAsString().equals("netbsd-rump-kernel")) {
        JsonElement notices =
            component.getAsJsonArray("properties").asList().stream()
                .filter(p -> p.getAsJsonObject().get("name").getAsString().equals("notices"))
                .findFirst()
                .orElseThrow();
        return Optional.of(
            Map.of(
                "version", component.get("version").getAsString(),
                "notices", notices.getAsJsonObject().get("value").getAsString()));
      }
    }
    return Optional.empty();
  }

  @Test
  void whatIsMissingIsSaidToBe() throws IOException {
    ImageDirectory image = image((Path) null);
    String text = copyright(image);
    assertTrue(text.startsWith("NetBSD's rump kernel, NetBSD 8.1, is linked"), text);
    assertTrue(text.contains(OTHERS), text);
    assertTrue(text.contains("The kernel says of itself:\n\n(c) The Foundation\n"), text);
    assertTrue(text.contains("They are MISSING in this file"), text);
    assertEquals("missing", state(image));
    assertEquals(Optional.of(Map.of("version", "8.1", "notices", "missing")), bill(image));
  }

  @Test
  void theNamedFileIsTakenBeforeTheOneBesideTheLibraries() throws IOException {
    Files.writeString(set.resolve("COPYRIGHT"), "beside the libraries\n");
    ImageDirectory image = image((Path) null);
    assertTrue(copyright(image).endsWith("\nbeside the libraries\n"), copyright(image));
    assertFalse(copyright(image).contains("MISSING"), copyright(image));
    assertEquals("given", state(image));
    assertEquals(Optional.of(Map.of("version", "8.1", "notices", "given")), bill(image));
    Path named = Files.writeString(directory.resolve("notices"), "named by the user\n");
    image = image(named);
    assertTrue(copyright(image).endsWith("\nnamed by the user\n"), copyright(image));
    assertFalse(copyright(image).contains("beside the libraries"), copyright(image));
  }

  @Test
  void bytesOfAnyEncodingStayAsTheyAre() throws IOException {
    byte[] latin = "by Håkan\n".getBytes(StandardCharsets.ISO_8859_1);
    ImageDirectory image = image(Files.write(directory.resolve("notices"), latin));
    String text =
        Files.readString(
            image.path().resolve(ImageDirectory.COPYRIGHT), StandardCharsets.ISO_8859_1);
    assertTrue(text.endsWith("\nby Håkan\n"), text);
    assertTrue(
        text.contains(
            new String(OTHERS.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)),
        text);
  }

  @Test
  void aFileThatSaysNothingIsRefused() throws IOException {
    Path absent = directory.resolve("absent");
    assertEquals(
        absent + ": no such file; name NetBSD's notices",
        assertThrows(StubdomException.class, () -> image(absent)).getMessage());
    Path empty = Files.writeString(directory.resolve("empty"), " \n");
    assertEquals(
        empty + ": is empty; name NetBSD's notices",
        assertThrows(StubdomException.class, () -> image(empty)).getMessage());
  }

  @Test
  void theBundledKernelHasNothingToSay() throws IOException {
    ImageDirectory image = image((RumpPapers) null);
    assertEquals(OTHERS, copyright(image));
    assertFalse(image.manifest().getAsJsonObject("build").has("rumpKernel"));
    assertEquals(Optional.empty(), bill(image));
  }
}
