// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of files and bytes, and keys for caches made of several parts. */
public final class Hashing {
  private static final int BUFFER = 1 << 16;

  private Hashing() {}

  /** SHA-256 of the bytes, in lower-case hexadecimal. */
  public static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(digest().digest(bytes));
  }

  /** SHA-256 of a file's content, in lower-case hexadecimal. */
  public static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return sha256(in);
    }
  }

  /** SHA-256 of the rest of a stream, in lower-case hexadecimal; the stream stays open. */
  public static String sha256(InputStream in) throws IOException {
    MessageDigest digest = digest();
    byte[] buffer = new byte[BUFFER];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      digest.update(buffer, 0, n);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Begins a key made of named parts. */
  public static Key key() {
    return new Key();
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * A cache key: the hash of named parts, in the order they were added. Each part is hashed with
   * its length, so that no two different lists of parts give the same key by concatenation.
   */
  public static final class Key {
    private final MessageDigest digest = Hashing.digest();

    private Key() {}

    /** Adds a value. */
    public Key add(String name, String value) {
      field(name);
      field(value);
      return this;
    }

    /** Adds a file by its content, not by its place or time. */
    public Key addFile(String name, Path file) throws IOException {
      return add(name, sha256(file));
    }

    /** Ends the key: 64 lower-case hexadecimal digits. The key cannot be used afterwards. */
    public String hex() {
      return HexFormat.of().formatHex(digest.digest());
    }

    private void field(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      digest.update(bytes);
    }
  }
}
