// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.cyclonedx.Version;
import org.cyclonedx.exception.ParseException;
import org.cyclonedx.model.Bom;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/** The independent readers are sha256sum and the CycloneDX project's own validator. */
class ImageDirectoryTest {
  private static final String HASH = "0123456789abcdef".repeat(4);

  @TempDir Path directory;
  private Image image;

  @BeforeEach
  void makeImage() throws IOException {
    JsonObject build = new JsonObject();
    build.addProperty("compiler", "gcc 12.2.0");
    image =
        new Image(
            Files.writeString(directory.resolve("k"), "kernel"),
            Files.writeString(directory.resolve("r"), "ramdisk"),
            32,
            Files.writeString(directory.resolve("c"), "all of us"),
            List.of(
                new Component(
                    "application",
                    "qemu",
                    "1:7.2+dfsg-7",
                    HASH,
                    List.of("GPL-2.0-only"),
                    "pkg:deb/debian/qemu@7.2?arch=source",
                    Map.of("rump-stubdom:patches", "0")),
                new Component(
                    "firmware", "seabios", "1.16", HASH, List.of("a house rule"), "", Map.of())),
            build);
  }

  @Test
  void sha256sumAcceptsTheSums() throws IOException {
    Path out = ImageDirectory.write(directory.resolve("out"), image).path();
    Command.of("sha256sum", "--strict", "-c", ImageDirectory.SUMS).in(out).run();
    TreeSet<String> names = new TreeSet<>();
    try (var files = Files.list(out)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    assertEquals(
        List.of(
            "SHA256SUMS",
            "copyright",
            "manifest.json",
            "sbom.cdx.json",
            "stubdom-kernel",
            "stubdom-ramdisk",
            "stubdom.cfg"),
        List.copyOf(names));
  }

  @Test
  void cycloneDxValidatorAcceptsTheBill() throws IOException, ParseException {
    Path out = ImageDirectory.write(directory.resolve("out"), image).path();
    byte[] bill = Files.readAllBytes(out.resolve(ImageDirectory.SBOM));
    JsonParser parser = new JsonParser();
    assertEquals(List.of(), parser.validate(bill, Version.VERSION_16));
    Bom bom = parser.parse(bill);
    assertEquals(
        List.of("stubdom-kernel", "stubdom-ramdisk", "qemu", "seabios"),
        bom.getComponents().stream().map(part -> part.getName()).toList());
    assertEquals(
        "GPL-2.0-only", bom.getComponents().get(2).getLicenses().getLicenses().get(0).getId());
  }

  @Test
  void twoDirectoriesHaveTheSameBytes() throws IOException {
    Path first = ImageDirectory.write(directory.resolve("a/first"), image).path();
    Path second = ImageDirectory.write(directory.resolve("second"), image).path();
    Command.of("diff", "-r", first.toString(), second.toString()).run();
  }

  @Test
  void replacesAnImageButNothingElse() throws IOException {
    Path out = directory.resolve("out");
    ImageDirectory.write(out, image);
    ImageDirectory.write(out, image);
    Path precious = Files.createDirectory(directory.resolve("precious"));
    Files.writeString(precious.resolve("thesis.txt"), "years");
    StubdomException failure =
        assertThrows(StubdomException.class, () -> ImageDirectory.write(precious, image));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertEquals("years", Files.readString(precious.resolve("thesis.txt")));
    try (var files = Files.list(directory)) {
      assertFalse(
          files.anyMatch(file -> file.getFileName().toString().startsWith("stubdom-image-")));
    }
  }

  @Test
  void openFindsWhatWasWritten() throws IOException {
    ImageDirectory.write(directory.resolve("out"), image);
    ImageDirectory opened = ImageDirectory.open(directory.resolve("out"));
    opened.verify();
    assertEquals(32, opened.memoryMib());
    assertEquals("kernel", Files.readString(opened.kernel()));
    assertEquals("ramdisk", Files.readString(opened.ramdisk()));
    assertEquals("all of us", Files.readString(opened.path().resolve(ImageDirectory.COPYRIGHT)));
    assertEquals(
        "gcc 12.2.0", opened.manifest().getAsJsonObject("build").get("compiler").getAsString());
  }

  @Test
  void followsALinkAndKeepsIt() throws IOException {
    Path place = Files.createDirectory(directory.resolve("place"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), place);
    ImageDirectory.write(link, image);
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.exists(place.resolve(ImageDirectory.KERNEL)));
  }

  @Test
  void anImageWithOtherFilesIsNotReplaced() throws IOException {
    Path out = directory.resolve("out");
    ImageDirectory.write(out, image);
    Files.writeString(out.resolve("notes.txt"), "mine");
    assertDamage("holds other files too", () -> ImageDirectory.write(out, image));
    assertEquals("mine", Files.readString(out.resolve("notes.txt")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'format': 'x'}",
        "{'format': 1, 'files': []}",
        "{'format': {}}",
        "[]",
        "",
        "null",
        "{'format': 1, 'version': '1', 'memory': 32, 'files': null}",
        "{'format': 1, 'version': '1', 'memory': 32, 'files': {'stubdom-kernel': null}}",
        "{'format': 1, 'version': '1', 'memory': 1.5, 'files': {}}",
        "{'format': 1, 'version': '1', 'files': {}}",
        "{'format': 1, 'version': '1', 'memory': 'a', 'files': {}}",
        "{'format': 1, 'version': '1', 'memory': {}, 'files': {}}",
        "{'format': 1, 'memory': 32, 'files': {}}",
        "\u00ff\u00fe",
      })
  void manifestsOfTheWrongFormAreNamed(String manifest) throws IOException {
    Path out = ImageDirectory.write(directory.resolve("out"), image).path();
    Files.write(
        out.resolve(ImageDirectory.MANIFEST), manifest.getBytes(StandardCharsets.ISO_8859_1));
    assertDamage("manifest.json is not readable", () -> ImageDirectory.open(out));
  }

  @Test
  void aMemoryThatIsNoNumberIsFoundOnOpening() throws IOException {
    Path out = ImageDirectory.write(directory.resolve("out"), image).path();
    Path manifest = out.resolve(ImageDirectory.MANIFEST);
    String whole = Files.readString(manifest);
    for (String wrong : List.of("\"memory\": \"a\"", "\"memory\": {}", "\"other\": 32")) {
      Files.writeString(manifest, whole.replace("\"memory\": 32", wrong));
      assertDamage("manifest.json is not readable", () -> ImageDirectory.open(out));
    }
  }

  @Test
  void everyDamageIsNamed() throws IOException {
    Path out = ImageDirectory.write(directory.resolve("out"), image).path();
    Files.writeString(out.resolve("stubdom-kernel"), "KERNEL");
    ImageDirectory damaged = ImageDirectory.open(out);
    assertDamage("stubdom-kernel has not the SHA-256", damaged::verify);
    Files.writeString(out.resolve("stubdom-kernel"), "longer kernel");
    assertDamage("stubdom-kernel has not the size", () -> ImageDirectory.open(out));
    Files.delete(out.resolve("stubdom-kernel"));
    assertDamage("stubdom-kernel is missing", () -> ImageDirectory.open(out));
    Files.writeString(out.resolve("stubdom-kernel"), "kernel");
    Files.writeString(out.resolve("manifest.json"), "{\"format\": 1}");
    assertDamage("manifest.json is not readable", () -> ImageDirectory.open(out));
    Files.writeString(out.resolve("manifest.json"), "{nonsense");
    assertDamage("manifest.json is not readable", () -> ImageDirectory.open(out));
    Files.writeString(out.resolve("manifest.json"), "{\"format\": 99}");
    assertDamage("format", () -> ImageDirectory.open(out));
  }

  private static void assertDamage(String expected, Executable action) {
    StubdomException failure = assertThrows(StubdomException.class, action);
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.getMessage().contains(expected), failure.getMessage());
  }
}
