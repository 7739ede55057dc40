// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rumpstubdom.image.ImageDirectory;

/** The keys that give a guest our device model. */
public final class StubdomKeys {
  /** What the stub domain needs, in MiB; libxl adds the guest's video memory. */
  public static final int MEMORY_MIB = 32;

  private StubdomKeys() {}

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
    keys.put("stubdomain_memory", Integer.toString(memoryMib));
    return keys;
  }
}
