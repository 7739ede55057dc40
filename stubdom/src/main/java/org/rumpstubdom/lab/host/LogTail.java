// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The last lines of a log, for messages. */
public final class LogTail {
  private static final int LINES = 12;
  private static final int BYTES = 8192;

  private LogTail() {}

  /** The last lines of a file, oldest first; none when there is no such file. */
  public static List<String> of(Path file) {
    if (!Files.isReadable(file)) {
      return List.of();
    }
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
      log.seek(Math.max(0, log.length() - BYTES));
      byte[] tail = new byte[(int) (log.length() - log.getFilePointer())];
      log.readFully(tail);
      return of(new String(tail, StandardCharsets.UTF_8));
    } catch (IOException e) {
      return List.of("(" + file + " cannot be read: " + e.getMessage() + ")");
    }
  }

  /** The last lines of a text, oldest first. */
  public static List<String> of(String text) {
    List<String> lines = text.lines().map(String::stripTrailing).toList();
    return lines.subList(Math.max(0, lines.size() - LINES), lines.size());
  }
}
