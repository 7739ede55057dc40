// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The build machine's gcc, bent to the private sysroot: musl with our overlay, always static, never
 * position-independent, never using the red zone.
 *
 * <p>No red zone because a system call is a function call, and because on a rump kernel Xen
 * delivers page faults on the stack in use. Not position-independent because nothing else lives in
 * the address space below 2 GiB, addresses then need no relocation at start, and read-only tables
 * of pointers can stay where they lie in the ramdisk.
 */
public final class CrossCompiler {
  /** Prefix of the tools' names; also accepted as an autoconf host alias. */
  public static final String PREFIX = "x86_64-rump-linux-musl-";

  /** The host alias for configure scripts. */
  public static final String HOST = "x86_64-rump-linux-musl";

  /** Options for every library: small, without what only a debugger reads. */
  public static final String CFLAGS =
      "-O2 -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections";

  /** What the kernel keeps populated below a stack pointer is a quarter of this. */
  static final int THREAD_STACK = 256 << 10;

  private CrossCompiler() {}

  /** Writes the tools into the workspace's {@code bin} directory. */
  public static void install(Workspace work) throws IOException {
    install(work.root(), work.tools());
  }

  /**
   * As above.
   *
   * @param root has the sysroot in {@code sysroot}, gets the tools in {@code bin}
   */
  static void install(Path root, HostTools tools) throws IOException {
    Path bin = Files.createDirectories(root.resolve("bin"));
    Path lib = root.resolve("sysroot/usr/lib");
    String include = "-nostdinc -isystem " + root.resolve("sysroot/usr/include");
    // gcc's "spec strings": the parts of its command lines that depend on the C library. From
    // release
    // 16 on gcc puts a libatomic between its own library and the C library, which there is none of.
    Files.writeString(
        bin.resolve("musl.specs"),
        """
        *cpp_options:
        + %1$s -isystem include%%s

        *cc1:
        + %1$s -isystem include%%s

        *link_libgcc:
        -L%2$s -L .%%s

        *libgcc:
        libgcc.a%%s

        *link_gcc_c_sequence:
        --start-group %%G %%{!nolibc:%%L} --end-group

        *startfile:
        %2$s/crt1.o %2$s/crti.o crtbeginT.o%%s

        *endfile:
        crtend.o%%s %2$s/crtn.o

        *link:
        -m elf_x86_64 -nostdlib -static -z noexecstack -z separate-code -z norelro \
        -z max-page-size=4096 -z stack-size=%3$d --build-id=none

        """
            .formatted(include, lib, THREAD_STACK));
    // -B: meson looks for static libraries in the compiler's search directories.
    script(
        bin.resolve(PREFIX + "gcc"),
        "exec %s -B%s/ -specs %s %s -fno-pie -no-pie -static -mno-red-zone"
            .formatted(
                tools.program("gcc"),
                lib,
                bin.resolve("musl.specs"),
                Workspace.prefixMap(root, tools)));
    script(bin.resolve(PREFIX + "cc"), "exec " + bin.resolve(PREFIX + "gcc"));
    script(
        bin.resolve(PREFIX + "pkg-config"),
        "PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR=%s/pkgconfig:%s PKG_CONFIG_SYSROOT_DIR=%s exec %s --static"
            .formatted(
                lib,
                root.resolve("placeholders"),
                root.resolve("sysroot"),
                tools.program("pkg-config")));
    for (String tool :
        List.of("ar", "nm", "ranlib", "strip", "objcopy", "objdump", "ld", "as", "readelf")) {
      script(bin.resolve(PREFIX + tool), "exec " + tools.program(tool));
    }
  }

  /** A meson cross file for the tools {@link #install} wrote. */
  public static Path mesonFile(Workspace work) throws IOException {
    Path bin = work.root().resolve("bin");
    return Files.writeString(
        work.root().resolve("meson.cross"),
        """
        [binaries]
        c = '%1$sgcc'
        ar = '%1$sar'
        strip = '%1$sstrip'
        pkgconfig = '%1$spkg-config'
        [host_machine]
        system = 'linux'
        cpu_family = 'x86_64'
        cpu = 'x86_64'
        endian = 'little'
        """
            .formatted(bin + "/" + PREFIX));
  }

  private static void script(Path file, String command) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + command + " \"$@\"\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
