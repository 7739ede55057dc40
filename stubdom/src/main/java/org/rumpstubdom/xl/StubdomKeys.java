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
  static final String MEMORY = "stubdomain_memory";

  private StubdomKeys() {}

  /**
   * What a guest's configuration gives its stub domain, in MiB; null when that is nothing sound.
   */
  public static Integer memoryMib(GuestConfiguration guest) {
    OptionalLong memory = guest.number(MEMORY);
    boolean sound =
        memory.isPresent()
            && memory.getAsLong() >= MemoryNeeds.LEAST_MIB
            && memory.getAsLong() <= Checker.MOST_MEMORY_MIB;
    return sound ? Math.toIntExact(memory.getAsLong()) : null;
  }

  /**
   * Keys for an image at its present place.
   *
   * @param memoryMib memory of the stub domain
   */
  public static Map<String, String> of(ImageDirectory image, int memoryMib) {
    return keys(image.kernel(), image.ramdisk(), memoryMib);
  }

  /**
   * Keys for an image where a package installs it.
   *
   * @param memoryMib memory of the stub domain
   */
  public static Map<String, String> installed(int memoryMib) {
    Path directory = Path.of(ImageDirectory.INSTALLED);
    return keys(
        directory.resolve(ImageDirectory.KERNEL),
        directory.resolve(ImageDirectory.RAMDISK),
        memoryMib);
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
