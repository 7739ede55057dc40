// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.StubdomException;

/**
 * What the emulated host boots from: a directory of the cache with the hypervisor, dom0's kernel
 * and its file system in memory, and the Linux stub domain made of the same packages.
 *
 * @param directory the cache's entry
 * @param key hash of everything that went into it
 */
public record LabRoot(Path directory, String key) {
  /** The release that is dom0 unless told otherwise. */
  public static final String DEFAULT_SUITE = "bookworm";

  private static final String KIND = "lab";

  /** How Debian calls its releases. */
  private static final Pattern SUITE = Pattern.compile("[a-z][a-z0-9-]*");

  /**
   * The root for a Debian release, built first when the cache does not have it.
   *
   * @throws StubdomException (2) when that cannot be the name of a release, (3) when none has it
   */
  public static LabRoot of(String suite, CacheDirectory cache, Progress progress)
      throws IOException {
    requireName(suite);
    String key = key(suite);
    LabRootBuilder builder = new LabRootBuilder(suite, progress);
    return new LabRoot(cache.entry(KIND, key, builder::build), key);
  }

  /**
   * Refuses what cannot be the name of a Debian release.
   *
   * @throws StubdomException (2) when it cannot
   */
  public static void requireName(String suite) {
    if (!SUITE.matcher(suite).matches()) {
      throw StubdomException.usage(
          "--suite=" + suite, "is no Debian release", "name one, such as " + DEFAULT_SUITE);
    }
  }

  /** Under which key the cache keeps the root for a Debian release. */
  public static String key(String suite) throws IOException {
    return LabRootBuilder.key(suite);
  }

  /** The hypervisor, an unpacked multiboot ELF. */
  public Path hypervisor() {
    return directory.resolve("xen");
  }

  /** dom0's kernel, which is the Linux stub domain's too. */
  public Path kernel() {
    return directory.resolve("vmlinuz");
  }

  /** dom0's whole file system, an uncompressed cpio archive. */
  public Path initramfs() {
    return directory.resolve("dom0.cpio");
  }

  /** The Linux stub domain's file system, a compressed cpio archive. */
  public Path peerRamdisk() {
    return directory.resolve("peer.cpio.gz");
  }

  /** Names and versions of the packages it was made of. */
  public SortedMap<String, String> packages() throws IOException {
    Map<String, String> read =
        new Gson()
            .fromJson(
                Files.readString(directory.resolve("packages.json")),
                new TypeToken<Map<String, String>>() {}.getType());
    return new TreeMap<>(read);
  }
}
