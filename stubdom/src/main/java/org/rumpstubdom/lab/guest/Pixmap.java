// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * A picture of 8 bits for each of red, green and blue.
 *
 * @param rgb three bytes for each pixel, rows from top to bottom; nobody changes them
 */
@SuppressWarnings("ArrayRecordComponent") // pictures are not compared
record Pixmap(int width, int height, byte[] rgb) {
  private static final int CHANNELS = 3;

  /** The eight bytes every PNG file begins with (W3C PNG, 5.2). */
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private static final int BITS = 8;

  /** Colour type 2: red, green, blue (11.2.1). */
  private static final int TRUECOLOUR = 2;

  Pixmap {
    if (width <= 0 || height <= 0 || rgb.length != (long) CHANNELS * width * height) {
      throw new IllegalArgumentException(width + "x" + height + " in " + rgb.length + " bytes");
    }
  }

  /** The picture as a PNG file. */
  byte[] png() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(file)) {
      out.write(SIGNATURE);
      ByteArrayOutputStream header = new ByteArrayOutputStream();
      try (DataOutputStream fields = new DataOutputStream(header)) {
        fields.writeInt(width);
        fields.writeInt(height);
        // Compression, filter and interlace methods follow: 0 is the only or the plain one of each.
        fields.write(new byte[] {BITS, TRUECOLOUR, 0, 0, 0});
      }
      chunk(out, "IHDR", header.toByteArray());
      chunk(out, "IDAT", compressedRows());
      chunk(out, "IEND", new byte[0]);
    } catch (IOException e) {
      // It is written to memory.
      throw new UncheckedIOException(e);
    }
    return file.toByteArray();
  }

  private byte[] compressedRows() throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try (DeflaterOutputStream rows = new DeflaterOutputStream(data, deflater)) {
      for (int y = 0; y < height; y++) {
        // Each row begins with its filter's number; 0 leaves it as it is.
        rows.write(0);
        rows.write(rgb, y * width * CHANNELS, width * CHANNELS);
      }
    } finally {
      deflater.end();
    }
    return data.toByteArray();
  }

  /** Length, name, content, and a check sum of name and content (5.3). */
  private static void chunk(DataOutputStream out, String name, byte[] content) throws IOException {
    byte[] type = name.getBytes(StandardCharsets.US_ASCII);
    CRC32 sum = new CRC32();
    sum.update(type);
    sum.update(content);
    out.writeInt(content.length);
    out.write(type);
    out.write(content);
    out.writeInt((int) sum.getValue());
  }
}
