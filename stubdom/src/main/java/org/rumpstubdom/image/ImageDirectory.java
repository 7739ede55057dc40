// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rumpstubdom.util.Directories;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.ProductVersion;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;

/** An image as the builder hands it over: the two files libxl loads, and the papers to them. */
public final class ImageDirectory {
  /** The kernel's file name. */
  public static final String KERNEL = "stubdom-kernel";

  /** The ramdisk's file name. */
  public static final String RAMDISK = "stubdom-ramdisk";

  /** Sizes, hashes, components and build details. */
  public static final String MANIFEST = "manifest.json";

  /** The CycloneDX bill of materials. */
  public static final String SBOM = "sbom.cdx.json";

  /** Checksums for `sha256sum -c`. */
  public static final String SUMS = "SHA256SUMS";

  /** The keys for a guest's configuration. */
  public static final String SNIPPET = "stubdom.cfg";

  /** Notices and licences of all that is in kernel and ramdisk. */
  public static final String COPYRIGHT = "copyright";

  /** Where a packager would install the two files; the snippet names them there. */
  public static final String INSTALLED = "/usr/lib/rump-stubdom";

  private static final Set<String> FILES =
      Set.of(KERNEL, RAMDISK, MANIFEST, SBOM, SUMS, SNIPPET, COPYRIGHT);

  private static final int FORMAT = 1;

  private final Path path;
  private final JsonObject manifest;
  private final Manifest read;

  private ImageDirectory(Path path, JsonObject manifest, Manifest read) {
    this.path = path;
    this.manifest = manifest;
    this.read = read;
  }

  /**
   * Checks that an image directory could be written, for what is written only after long work.
   *
   * @throws StubdomException (input) when {@code out} holds something that is no image
   * @throws IOException naming the directory that cannot be written to
   */
  public static void requirePossible(Path out) throws IOException {
    place(out);
  }

  private static Path place(Path out) throws IOException {
    Path target = Files.isSymbolicLink(out) ? out.toRealPath() : out.toAbsolutePath().normalize();
    if (Files.exists(target) && !replaceable(target)) {
      throw StubdomException.input(
          out.toString(),
          "exists and is not an image directory, or holds other files too",
          "name another directory with --out");
    }
    Directories.requirePossible(target.getParent());
    return target;
  }

  /**
   * Writes an image directory: everything beside, then one rename. The bytes depend on the image
   * alone, not on the place, time or user.
   *
   * @param out where it goes, a link to a directory is followed; an image already there is
   *     replaced, anything else is refused
   * @throws StubdomException (input) when {@code out} holds something that is no image
   */
  public static ImageDirectory write(Path out, Image image) throws IOException {
    Path target = place(out);
    Files.createDirectories(target.getParent());
    try (TemporaryDirectory work = TemporaryDirectory.create(target.getParent(), "image")) {
      Path fresh = Files.createDirectory(work.path().resolve("new"));
      Files.copy(image.kernel(), fresh.resolve(KERNEL));
      Files.copy(image.ramdisk(), fresh.resolve(RAMDISK));
      Files.copy(image.copyright(), fresh.resolve(COPYRIGHT));
      Files.writeString(fresh.resolve(SNIPPET), snippet(image.memoryMib()));
      Map<String, String> hashes = new TreeMap<>();
      for (String name : List.of(KERNEL, RAMDISK)) {
        hashes.put(name, Hashing.sha256(fresh.resolve(name)));
      }
      Files.writeString(fresh.resolve(SBOM), text(BillOfMaterials.of(hashes, image.components())));
      JsonObject manifest = manifest(image, fresh, hashes);
      Files.writeString(fresh.resolve(MANIFEST), text(manifest));
      StringBuilder sums = new StringBuilder();
      for (String name : List.of(COPYRIGHT, MANIFEST, SBOM, KERNEL, RAMDISK, SNIPPET)) {
        sums.append(Hashing.sha256(fresh.resolve(name))).append("  ").append(name).append('\n');
      }
      Files.writeString(fresh.resolve(SUMS), sums.toString());
      for (String name : List.of(COPYRIGHT, MANIFEST, SBOM, KERNEL, RAMDISK, SNIPPET, SUMS)) {
        Files.setPosixFilePermissions(
            fresh.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
      }
      if (Files.exists(target)) {
        Files.move(target, work.path().resolve("old"), StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
      return new ImageDirectory(target, manifest, new Gson().fromJson(manifest, Manifest.class));
    }
  }

  /**
   * Opens an image directory; files must be there with the sizes the manifest names.
   *
   * @throws StubdomException (input) when it is not a whole image
   */
  public static ImageDirectory open(Path directory) throws IOException {
    Path path = directory.toAbsolutePath().normalize();
    if (!Files.exists(path.resolve(MANIFEST))) {
      throw StubdomException.input(
          directory.toString(),
          Files.isDirectory(path) ? MANIFEST + " is missing" : "no such directory",
          "name a directory that `stubdom build --out DIR` has written");
    }
    JsonObject manifest;
    Manifest read;
    try {
      manifest = JsonParser.parseString(Files.readString(path.resolve(MANIFEST))).getAsJsonObject();
      read = new Gson().fromJson(manifest, Manifest.class);
    } catch (CharacterCodingException | IllegalStateException | JsonParseException e) {
      throw broken(directory, MANIFEST + " is not readable", e);
    }
    validate(directory, read);
    for (String name : List.of(KERNEL, RAMDISK)) {
      if (!Files.exists(path.resolve(name))) {
        throw broken(directory, name + " is missing", null);
      }
      if (Files.size(path.resolve(name)) != read.files().get(name).size()) {
        throw broken(directory, name + " has not the size its manifest names", null);
      }
    }
    return new ImageDirectory(path, manifest, read);
  }

  /**
   * All that is ever read of a manifest; what is absent is null.
   *
   * @param format version of the manifest's form
   * @param version version of the program that wrote it
   * @param memory what the stub domain needs, in MiB
   * @param files size and hash of kernel and ramdisk, by name
   * @param components what it is made of
   */
  private record Manifest(
      Integer format,
      String version,
      Integer memory,
      Map<String, Recorded> files,
      List<Part> components) {}

  /**
   * A component as the manifest names it.
   *
   * @param name the package
   * @param version its version
   */
  private record Part(String name, String version) {}

  /**
   * A file as the manifest names it.
   *
   * @param size in bytes
   * @param sha256 in hexadecimal digits
   */
  private record Recorded(Long size, String sha256) {
    boolean whole() {
      return size != null && sha256 != null && sha256.matches("[0-9a-f]{64}");
    }
  }

  private static void validate(Path directory, Manifest manifest) {
    if (manifest.format() != null && manifest.format() != FORMAT) {
      throw broken(directory, "its manifest has a format this version does not know", null);
    }
    boolean whole =
        manifest.format() != null
            && manifest.version() != null
            && !manifest.version().isEmpty()
            && manifest.memory() != null
            && manifest.memory() >= 1
            && manifest.files() != null;
    for (String name : List.of(KERNEL, RAMDISK)) {
      Recorded file = whole ? manifest.files().get(name) : null;
      whole = file != null && file.whole();
    }
    if (!whole) {
      throw broken(directory, MANIFEST + " is not readable", null);
    }
  }

  /** Checks the two files against the hashes in the manifest; fails (input) on a difference. */
  public void verify() throws IOException {
    for (String name : List.of(KERNEL, RAMDISK)) {
      String hash = Hashing.sha256(path.resolve(name));
      if (!hash.equals(read.files().get(name).sha256())) {
        throw broken(path, name + " has not the SHA-256 its manifest names", null);
      }
    }
  }

  /** The directory, absolute. */
  public Path path() {
    return path;
  }

  /** The kernel. */
  public Path kernel() {
    return path.resolve(KERNEL);
  }

  /** The ramdisk. */
  public Path ramdisk() {
    return path.resolve(RAMDISK);
  }

  /** What the stub domain needs, in MiB. */
  public int memoryMib() {
    return read.memory();
  }

  /** The version of a component, as the distribution names both; nothing when it has none. */
  public Optional<String> version(String component) {
    if (read.components() == null) {
      return Optional.empty();
    }
    return read.components().stream()
        .filter(entry -> component.equals(entry.name()) && entry.version() != null)
        .map(Part::version)
        .findFirst();
  }

  /** The version of its QEMU; nothing when it does not say. */
  public Optional<QemuVersion> qemu() {
    return version(QemuVersion.COMPONENT).flatMap(QemuVersion::of);
  }

  /** A copy of the manifest. */
  public JsonObject manifest() {
    return manifest.deepCopy();
  }

  private static boolean replaceable(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    Set<String> names = new HashSet<>();
    try (Stream<Path> content = Files.list(directory)) {
      content.forEach(file -> names.add(file.getFileName().toString()));
    }
    boolean image = names.contains(KERNEL) || names.contains(RAMDISK);
    return names.isEmpty() || (image && FILES.containsAll(names));
  }

  private static StubdomException broken(Path directory, String why, Throwable cause) {
    return new StubdomException(
        ExitCode.INPUT,
        directory.toString(),
        why,
        "build it again with `stubdom build --out " + directory + "`",
        List.of(),
        cause);
  }

  private static JsonObject manifest(Image image, Path directory, Map<String, String> hashes)
      throws IOException {
    JsonObject files = new JsonObject();
    for (Map.Entry<String, String> entry : hashes.entrySet()) {
      JsonObject file = new JsonObject();
      file.addProperty("size", Files.size(directory.resolve(entry.getKey())));
      file.addProperty("sha256", entry.getValue());
      files.add(entry.getKey(), file);
    }
    Gson gson = new Gson();
    JsonArray components = new JsonArray();
    image.components().forEach(component -> components.add(gson.toJsonTree(component)));
    JsonObject manifest = new JsonObject();
    manifest.addProperty("format", FORMAT);
    manifest.addProperty("version", ProductVersion.current());
    manifest.addProperty("memory", image.memoryMib());
    manifest.add("files", files);
    manifest.add("components", components);
    manifest.add("build", image.build());
    return manifest;
  }

  private static String snippet(int memoryMib) {
    return """
        # Keys for the configuration of an HVM guest, once this directory's kernel and ramdisk are
        # in %1$s on the Xen host. `stubdom config GUEST.cfg --image DIR` writes them
        # with the paths of any other place.
        device_model_version = "qemu-xen"
        device_model_stubdomain_override = 1
        stubdomain_kernel = "%1$s/%2$s"
        stubdomain_ramdisk = "%1$s/%3$s"
        stubdomain_memory = %4$d
        # The guest's screen: without it a newer QEMU in dom0, as Debian 13's, has none for a stub
        # domain. To be left out with `vnc = 0`.
        device_model_args_pv = [ "-vga", "xenfb" ]
        """
        .formatted(INSTALLED, KERNEL, RAMDISK, memoryMib);
  }

  private static String text(JsonObject json) {
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json) + "\n";
  }
}
