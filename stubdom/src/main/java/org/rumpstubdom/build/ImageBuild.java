// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rumpstubdom.build.netbsd.RumpPapers;
import org.rumpstubdom.build.recipe.QemuRecipe;
import org.rumpstubdom.build.recipe.RuntimeFilesRecipe;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.image.Component;
import org.rumpstubdom.image.Image;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.image.QemuVersion;
import org.rumpstubdom.image.Ramdisk;
import org.rumpstubdom.image.RamdiskManifest;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.ProductVersion;
import org.rumpstubdom.util.TemporaryDirectory;

/** Puts the kernel and the emulator together into an image directory. */
public final class ImageBuild {
  private ImageBuild() {}

  /** Memory of a stub domain unless the user says otherwise, in MiB. */
  public static final int DEFAULT_MEMORY_MIB = 32;

  /**
   * The image with default options, from the cache; built first when this source tree's is not
   * there.
   */
  public static ImageDirectory standard(CacheDirectory cache, Progress progress)
      throws IOException {
    Path checkout = Checkout.locate();
    String suite = SourceLock.DEFAULT_SUITE;
    HostTools tools = HostTools.of(suite, cache, false, progress);
    int jobs = Runtime.getRuntime().availableProcessors();
    Emulator emulator =
        new EmulatorBuild(
                new EmulatorBuild.Options(checkout, suite, cache, null, false, jobs, null, tools),
                progress)
            .run();
    Path kernel = new KernelBuild(checkout, cache, tools, jobs, null, progress).run();
    String key =
        Hashing.key()
            .add("version", ProductVersion.current())
            .add("kernel", Hashing.sha256(kernel))
            .add("emulator", emulator.program().toString())
            .add("files", emulator.runtimeFiles().toString())
            .add("copyright", emulator.copyright().toString())
            .hex();
    Path entry =
        cache.entry(
            "image",
            key,
            directory ->
                write(
                    directory.resolve("image"),
                    kernel,
                    emulator,
                    DEFAULT_MEMORY_MIB,
                    List.of(),
                    null,
                    progress));
    return ImageDirectory.open(entry.resolve("image"));
  }

  /** The kernel of {@link #standard} as {@link KernelBuild#run} returns it. */
  public static Path standardKernel(CacheDirectory cache, Progress progress) throws IOException {
    HostTools tools = HostTools.of(SourceLock.DEFAULT_SUITE, cache, false, progress);
    int jobs = Runtime.getRuntime().availableProcessors();
    return new KernelBuild(Checkout.locate(), cache, tools, jobs, null, progress).run();
  }

  /**
   * Packs the ramdisk and writes the image.
   *
   * @param out the image directory, replaced when it is an image already; a symbolic link to one
   *     stays
   * @param memoryMib what the stub domain gets
   * @param arguments QEMU's arguments beyond those libxl gives
   * @param netbsd what is to be said of NetBSD's code in the kernel, or null when there is none
   */
  public static ImageDirectory write(
      Path out,
      Path kernel,
      Emulator emulator,
      int memoryMib,
      List<String> arguments,
      RumpPapers netbsd,
      Progress progress)
      throws IOException {
    try (Progress.Step step = progress.begin("write the image");
        TemporaryDirectory work = TemporaryDirectory.create("ramdisk")) {
      Path ramdisk = work.path().resolve("ramdisk");
      Ramdisk.write(
          ramdisk,
          RamdiskManifest.deviceModel(
              "/" + QemuRecipe.PROGRAM, arguments(emulator, arguments), Map.of()),
          entries(emulator));
      JsonObject build = new JsonObject();
      build.add("emulator", emulator.facts());
      Path copyright = emulator.copyright();
      List<Component> components = new ArrayList<>(emulator.components());
      if (netbsd != null) {
        build.add("rumpKernel", netbsd.facts());
        copyright = work.path().resolve(ImageDirectory.COPYRIGHT);
        netbsd.writeCopyright(emulator.copyright(), copyright);
        components.add(netbsd.component());
      }
      Image image = new Image(kernel, ramdisk, memoryMib, copyright, components, build);
      ImageDirectory written = ImageDirectory.write(out, image);
      step.done();
      return written;
    }
  }

  /** With what this QEMU needs besides, wherever it runs. */
  private static List<String> arguments(Emulator emulator, List<String> wanted) {
    List<String> all = new ArrayList<>();
    if (emulator.qemu().filter(QemuVersion::wantsAudioBackend).isPresent()) {
      all.addAll(List.of("-audio", "none"));
    }
    all.addAll(wanted);
    return all;
  }

  private static SortedMap<String, Ramdisk.Entry> entries(Emulator emulator) {
    SortedMap<String, Ramdisk.Entry> entries = new TreeMap<>();
    entries.put(QemuRecipe.PROGRAM, Ramdisk.file(emulator.program()));
    for (String file : RuntimeFilesRecipe.files().keySet()) {
      entries.put(file, Ramdisk.file(emulator.runtimeFiles().resolve(file)));
    }
    return entries;
  }
}
