// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Pictures on their way from QEMU's format into a file; Java's own image library reads it. */
final class PixmapTest {
  private static BufferedImage picture(int width, int height, long seed) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, random.nextInt());
      }
    }
    return image;
  }

  private static byte[] pixmap(BufferedImage image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(
        ("P6\n" + image.getWidth() + " " + image.getHeight() + "\n255\n")
            .getBytes(StandardCharsets.US_ASCII));
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int rgb = image.getRGB(x, y);
        out.write(rgb >> 16);
        out.write(rgb >> 8);
        out.write(rgb);
      }
    }
    return out.toByteArray();
  }

  private static List<Integer> pixels(BufferedImage image) {
    List<Integer> pixels = new ArrayList<>(List.of(image.getWidth(), image.getHeight()));
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        pixels.add(image.getRGB(x, y));
      }
    }
    return pixels;
  }

  /** What is read of a stream that arrives in pieces of this size. */
  private static List<Pixmap> read(byte[] stream, int piece) {
    List<Pixmap> pictures = new ArrayList<>();
    PixmapReader reader = new PixmapReader(pictures::add);
    for (int from = 0; from < stream.length; from += piece) {
      reader.accept(Arrays.copyOfRange(stream, from, Math.min(from + piece, stream.length)));
    }
    return pictures;
  }

  @Test
  void picturesArriveInPieces() throws IOException {
    List<BufferedImage> sent = List.of(picture(7, 5, 1), picture(1, 1, 2), picture(40, 3, 3));
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    sent.forEach(image -> stream.writeBytes(pixmap(image)));
    for (int piece : new int[] {1, 13, 64, stream.size()}) {
      List<Pixmap> pictures = read(stream.toByteArray(), piece);
      assertEquals(sent.size(), pictures.size());
      for (int i = 0; i < sent.size(); i++) {
        BufferedImage found = ImageIO.read(new ByteArrayInputStream(pictures.get(i).png()));
        assertEquals(pixels(sent.get(i)), pixels(found));
      }
    }
  }

  @Test
  void whatIsNoPictureIsNone() {
    for (String text :
        List.of(
            "xl: an error that is longer than any header can be",
            "P6\n0 5\n255\n and more after it, for length",
            "P6\n99999 99999\n255\n and more after it")) {
      byte[] stream = text.getBytes(StandardCharsets.US_ASCII);
      byte[] both = Arrays.copyOf(stream, stream.length + 1000);
      byte[] picture = pixmap(picture(2, 2, 1));
      System.arraycopy(picture, 0, both, stream.length, picture.length);
      assertEquals(0, read(both, 16).size(), text);
    }
    assertEquals(0, read(Arrays.copyOf(pixmap(picture(9, 9, 1)), 200), 50).size());
  }

  @Test
  void picturesOfASeriesAreNumbered() {
    assertEquals(Path.of("/a/b-0007.png"), Camera.numbered(Path.of("/a/b.png"), 7));
    assertEquals(Path.of("b.c-12345.png"), Camera.numbered(Path.of("b.c.png"), 12345));
  }
}
