// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.RemoteCommand;

/** The directory that receives a guest's logs. */
final class GuestLogs {
  private final Path directory;

  /** Creates the directory when it is missing; files of an earlier run are replaced. */
  GuestLogs(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  void text(String name, String content) throws IOException {
    bytes(name, content.getBytes(StandardCharsets.UTF_8));
  }

  void bytes(String name, byte[] content) throws IOException {
    Files.write(directory.resolve(name), content);
  }

  /** Copies the files of a directory of dom0, without its subdirectories. */
  void directory(Dom0 dom0, String path) throws IOException {
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    RemoteCommand command =
        dom0.start(
            List.of("tar", "-C", path, "-cf", "-", "."),
            (error, data, nanos) -> {
              if (!error) {
                archive.writeBytes(data);
              }
            });
    command.endInput();
    command.await();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new ByteArrayInputStream(archive.toByteArray()))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = Path.of(entry.getName()).getFileName().toString();
        if (entry.isFile() && entry.getName().equals("./" + name)) {
          bytes(name, tar.readAllBytes());
        }
      }
    }
  }
}
