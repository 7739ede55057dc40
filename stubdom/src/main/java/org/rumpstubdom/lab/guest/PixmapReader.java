// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes portable pixmaps (netpbm's ppm(5), the binary form) apart that come one after the other, in
 * any pieces, as QEMU's screendump writes them.
 */
final class PixmapReader {
  private static final Pattern HEADER =
      Pattern.compile("P6\\s+(\\d{1,5})\\s+(\\d{1,5})\\s+255\\s", Pattern.DOTALL);

  /** Longer than any header with such numbers. */
  private static final int HEADER_BYTES = 32;

  private static final int CHANNELS = 3;

  private final Consumer<Pixmap> consumer;
  private final ByteArrayOutputStream open = new ByteArrayOutputStream();
  private boolean lost;

  /** Hands each picture to the consumer as soon as it is complete. */
  PixmapReader(Consumer<Pixmap> consumer) {
    this.consumer = consumer;
  }

  /** Takes bytes in. What is no picture ends the stream: nothing after it is looked at. */
  void accept(byte[] data) {
    if (lost) {
      return;
    }
    open.writeBytes(data);
    while (takePicture()) {
      // The next one may be there already.
    }
  }

  private boolean takePicture() {
    byte[] bytes = open.toByteArray();
    String start =
        new String(bytes, 0, Math.min(bytes.length, HEADER_BYTES), StandardCharsets.ISO_8859_1);
    Matcher header = HEADER.matcher(start);
    if (!header.lookingAt()) {
      lost = bytes.length >= HEADER_BYTES;
      return false;
    }
    int width = Integer.parseInt(header.group(1));
    int height = Integer.parseInt(header.group(2));
    long end = header.end() + (long) CHANNELS * width * height;
    if (width == 0 || height == 0 || end > Integer.MAX_VALUE) {
      lost = true;
      return false;
    }
    if (bytes.length < end) {
      return false;
    }
    consumer.accept(new Pixmap(width, height, Arrays.copyOfRange(bytes, header.end(), (int) end)));
    open.reset();
    open.write(bytes, (int) end, bytes.length - (int) end);
    return true;
  }
}
