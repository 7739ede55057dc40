// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * What a VNC server writes (RFC 6143), and the picture it means: every rectangle is painted here
 * first, pixel by pixel, and then told to the client.
 */
final class RfbStream {
  static final String VERSION = "RFB 003.008\n";
  static final int RAW = 0;
  static final int HEXTILE = 5;
  static final int DESKTOP_SIZE = -223;
  static final int EXTENDED_KEY = -258;
  static final int WMVI = 0x574d5669;
  private static final int TILE = 16;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  int width;
  int height;
  int[] picture = {};

  /** What was written since the last call. */
  byte[] take() {
    byte[] all = bytes.toByteArray();
    bytes.reset();
    return all;
  }

  RfbStream u8(int value) {
    bytes.write(value);
    return this;
  }

  RfbStream u16(int value) {
    return u8(value >> 8).u8(value);
  }

  RfbStream u32(int value) {
    return u16(value >> 16).u16(value);
  }

  RfbStream text(String text) {
    bytes.writeBytes(text.getBytes(US_ASCII));
    return this;
  }

  /** As asked for: little-endian. */
  private void pixel(int value) {
    u8(value).u8(value >> 8).u8(value >> 16).u8(value >> 24);
  }

  private void resize(int newWidth, int newHeight) {
    width = newWidth;
    height = newHeight;
    picture = new int[width * height];
  }

  /** The server's part of a handshake without authentication, all at once. */
  RfbStream handshake(int newWidth, int newHeight, String name) {
    text(VERSION).u8(1).u8(1).u32(0);
    return serverInit(newWidth, newHeight, name);
  }

  RfbStream serverInit(int newWidth, int newHeight, String name) {
    resize(newWidth, newHeight);
    u16(width).u16(height);
    u8(32).u8(24).u8(0).u8(1).u16(255).u16(255).u16(255).u8(16).u8(8).u8(0).u8(0).u8(0).u8(0);
    return u32(name.length()).text(name);
  }

  RfbStream update(int rectangles) {
    return u8(0).u8(0).u16(rectangles);
  }

  RfbStream rectangle(int x, int y, int w, int h, int encoding) {
    return u16(x).u16(y).u16(w).u16(h).u32(encoding);
  }

  RfbStream desktopSize(int newWidth, int newHeight) {
    resize(newWidth, newHeight);
    return rectangle(0, 0, width, height, DESKTOP_SIZE);
  }

  private int at(int x, int y) {
    return picture[y * width + x];
  }

  private void paint(int x, int y, int w, int h, int pixel) {
    for (int row = y; row < y + h; row++) {
      Arrays.fill(picture, row * width + x, row * width + x + w, pixel);
    }
  }

  private void rawPixels(int x, int y, int w, int h) {
    for (int row = y; row < y + h; row++) {
      for (int column = x; column < x + w; column++) {
        pixel(at(column, row));
      }
    }
  }

  RfbStream raw(Random random, int x, int y, int w, int h) {
    for (int row = y; row < y + h; row++) {
      for (int column = x; column < x + w; column++) {
        picture[row * width + column] = random.nextInt();
      }
    }
    rectangle(x, y, w, h, RAW);
    rawPixels(x, y, w, h);
    return this;
  }

  /** Tiles of all kinds; colours are carried over from tile to tile. */
  RfbStream hextile(Random random, int x, int y, int w, int h) {
    rectangle(x, y, w, h, HEXTILE);
    int[] colours = {0, 0};
    boolean[] known = {false, false};
    for (int row = y; row < y + h; row += TILE) {
      for (int column = x; column < x + w; column += TILE) {
        int tileWidth = Math.min(TILE, x + w - column);
        int tileHeight = Math.min(TILE, y + h - row);
        tile(random, column, row, tileWidth, tileHeight, colours, known);
      }
    }
    return this;
  }

  private void tile(Random random, int x, int y, int w, int h, int[] colours, boolean[] known) {
    if (random.nextInt(4) == 0) {
      u8(1 | random.nextInt(16) << 1); // the other flags mean nothing beside this one
      for (int row = y; row < y + h; row++) {
        for (int column = x; column < x + w; column++) {
          picture[row * width + column] = random.nextInt();
        }
      }
      rawPixels(x, y, w, h);
      return;
    }
    boolean background = !known[0] || random.nextBoolean();
    boolean subrects = random.nextInt(3) > 0;
    boolean coloured = subrects && random.nextBoolean();
    boolean foreground = subrects && !coloured && (!known[1] || random.nextBoolean());
    u8((background ? 2 : 0) | (foreground ? 4 : 0) | (subrects ? 8 : 0) | (coloured ? 16 : 0));
    if (background) {
      colours[0] = random.nextInt();
      known[0] = true;
      pixel(colours[0]);
    }
    if (foreground) {
      colours[1] = random.nextInt();
      known[1] = true;
      pixel(colours[1]);
    }
    paint(x, y, w, h, colours[0]);
    if (!subrects) {
      return;
    }
    int count = random.nextInt(random.nextInt(8) == 0 ? 256 : 6);
    u8(count);
    for (int i = 0; i < count; i++) {
      int left = random.nextInt(w);
      int top = random.nextInt(h);
      int wide = 1 + random.nextInt(w - left);
      int high = 1 + random.nextInt(h - top);
      int colour = coloured ? random.nextInt() : colours[1];
      if (coloured) {
        pixel(colour);
      }
      u8(left << 4 | top).u8((wide - 1) << 4 | (high - 1));
      paint(x + left, y + top, wide, high, colour);
    }
  }

  /** A rectangle somewhere, in an encoding of chance. */
  RfbStream anything(Random random) {
    int x = random.nextInt(width);
    int y = random.nextInt(height);
    int w = random.nextInt(16) == 0 ? 0 : 1 + random.nextInt(width - x);
    int h = 1 + random.nextInt(height - y);
    return random.nextBoolean() ? raw(random, x, y, w, h) : hextile(random, x, y, w, h);
  }

  /** The picture as bytes of 32-bit little-endian pixels. */
  byte[] pixels() {
    ByteBuffer buffer = ByteBuffer.allocate(4 * picture.length);
    buffer.order(java.nio.ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(picture);
    return buffer.array();
  }
}
