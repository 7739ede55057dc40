// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.StubdomException;

class SystemTreeTest {
  @TempDir Path directory;

  /** Debian 12 has the network boot ROMs in a directory of iPXE's, Debian 13 in QEMU's. */
  @Test
  void filesAreFoundInWhicheverDirectoryTheyAre() throws IOException {
    Path packages = directory.resolve("packages");
    for (String file : new String[] {"lib/ipxe/qemu/pxe-a.rom", "share/qemu/efi-b.rom"}) {
      Path path = packages.resolve("usr").resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, file);
    }
    Files.writeString(packages.resolve("usr/share/qemu/other.rom"), "");
    Files.createDirectories(packages.resolve("usr/share/pxe-directory.rom"));
    Path target = Files.createDirectory(directory.resolve("root"));
    SystemTree tree = new SystemTree(packages, target);
    tree.filesAnywhere("{efi,pxe}-*.rom");
    assertEquals(
        "lib/ipxe/qemu/pxe-a.rom", Files.readString(target.resolve("usr/lib/ipxe/qemu/pxe-a.rom")));
    assertEquals(
        "share/qemu/efi-b.rom", Files.readString(target.resolve("usr/share/qemu/efi-b.rom")));
    assertFalse(Files.exists(target.resolve("usr/share/qemu/other.rom")));
    assertFalse(Files.exists(target.resolve("usr/share/pxe-directory.rom")));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> tree.filesAnywhere("*.none"));
    assertEquals("*.none is in none of the packages", failure.why());
  }

  /** One kernel has a module of its own for what is part of another's, or of another module. */
  @Test
  void theFirstModuleThatTheKernelHas() throws IOException {
    Path packages = directory.resolve("packages");
    Path modules = Files.createDirectories(packages.resolve("usr/lib/modules/7.2"));
    for (String name : new String[] {"disk", "sums", "bus"}) {
      Files.writeString(modules.resolve(name + ".ko.xz"), name);
    }
    Files.writeString(
        modules.resolve("modules.dep"), "disk.ko.xz: sums.ko.xz bus.ko.xz\nsums.ko.xz:\n");
    Files.writeString(modules.resolve("modules.builtin"), "kernel/lib/sums-inside.ko\n");
    Path target = Files.createDirectory(directory.resolve("root"));
    SystemTree tree = new SystemTree(packages, target);
    String base = "/usr/lib/modules/7.2/";
    assertEquals(
        List.of(base + "sums.ko.xz", base + "bus.ko.xz", base + "disk.ko.xz"),
        tree.modules("7.2", List.of("sums_generic|sums", "disk", "sums_inside|disk")));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> tree.modules("7.2", List.of("net|card")));
    assertEquals("kernel 7.2 has no module net|card", failure.why());
  }
}
