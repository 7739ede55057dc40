// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.CompressorException;
import org.apache.commons.compress.compressors.CompressorStreamFactory;
import org.rumpstubdom.util.StubdomException;

/** Binary packages (deb(5)): an ar archive with a compressed tar archive in it. */
public final class DebFile {
  private DebFile() {}

  /**
   * Extracts regular files and symbolic links.
   *
   * @param wanted chooses by name, which has no leading slash
   * @param into gets the files, laid out as below {@code /}
   * @throws StubdomException when the file is no Debian package, or a name leads out of {@code
   *     into}
   */
  public static void extract(Path deb, Predicate<String> wanted, Path into) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(deb));
        ArArchiveInputStream members = new ArArchiveInputStream(file)) {
      for (ArArchiveEntry member = members.getNextEntry();
          member != null;
          member = members.getNextEntry()) {
        if (member.getName().startsWith("data.tar")) {
          extractData(deb, new BufferedInputStream(members), wanted, into);
          return;
        }
      }
    }
    throw broken(deb, "has no data archive");
  }

  private static void extractData(Path deb, InputStream data, Predicate<String> wanted, Path into)
      throws IOException {
    try (InputStream plain = new CompressorStreamFactory().createCompressorInputStream(data);
        TarArchiveInputStream tar = new TarArchiveInputStream(plain)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = entry.getName().replaceFirst("^\\./", "");
        Path target = into.resolve(name).normalize();
        if (!target.startsWith(into)) {
          throw broken(deb, "names a file outside: " + name);
        }
        if (entry.isDirectory() || !wanted.test(name)) {
          continue;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else if (entry.isFile()) {
          Files.copy(tar, target);
        }
      }
    } catch (CompressorException e) {
      throw broken(deb, "is compressed in an unknown way");
    }
  }

  private static StubdomException broken(Path deb, String why) {
    return StubdomException.input(deb.getFileName().toString(), why, "fetch the package again");
  }
}
