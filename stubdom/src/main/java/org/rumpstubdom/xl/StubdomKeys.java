// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.rumpstubdom.image.ImageDirectory;

/** The keys that give a guest our device model. */
public final class StubdomKeys {
  /** What the stub domain needs, in MiB; libxl adds the guest's video memory. */
  public static final int MEMORY_MIB = 32;

  /** With less not even a plain QEMU starts. */
  public static final int LEAST_MEMORY_MIB = 16;

  private static final String MEMORY = "stubdomain_memory";

  private StubdomKeys() {}

  /**
   * What a guest's configuration gives its stub domain, in MiB; null when that is nothing sound.
   */
  public static Integer memoryMib(GuestConfiguration guest) {
    OptionalLong memory = guest.number(MEMORY);
    boolean sound =
        memory.isPresent()
            && memory.getAsLong() >= LEAST_MEMORY_MIB
            && memory.getAsLong() <= Checker.MOST_MEMORY_MIB;
    return sound ? Math.toIntExact(memory.getAsLong()) : null;
  }

  /**
   * Keys for an image at its present place.
   *
   * @param memoryMib memory of the stub domain; null for what the image asks for
   */
  public static Map<String, String> of(ImageDirectory image, Integer memoryMib) {
    return keys(image.kernel(), image.ramdisk(), memoryMib == null ? image.memoryMib() : memoryMib);
  }

  /**
   * Keys for an image where a package installs it.
   *
   * @param memoryMib memory of the stub domain; null for {@link #MEMORY_MIB}
   */
  public static Map<String, String> installed(Integer memoryMib) {
    Path directory = Path.of(ImageDirectory.INSTALLED);
    return keys(
        directory.resolve(ImageDirectory.KERNEL),
        directory.resolve(ImageDirectory.RAMDISK),
        memoryMib == null ? MEMORY_MIB : memoryMib);
  }

  private static Map<String, String> keys(Path kernel, Path ramdisk, int memoryMib) {
    Map<String, String> keys = new LinkedHashMap<>();
    // Without it libxl takes a stub domain to mean the Mini-OS one, which is no more.
    keys.put("device_model_version", "qemu-xen");
    keys.put("device_model_stubdomain_override", "1");
    keys.put("stubdomain_kernel", kernel.toString());
    keys.put("stubdomain_ramdisk", ramdisk.toString());
    keys.put(MEMORY, Integer.toString(memoryMib));
    return keys;
  }
}
