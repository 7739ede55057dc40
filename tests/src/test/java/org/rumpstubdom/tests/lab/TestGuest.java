// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.xl.Disk;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * One line of guests.tsv, whose columns tests/guests/README.md explains. Where the built guests and
 * our image are is told by the system properties rumpstubdom.guests and rumpstubdom.image.
 */
record TestGuest(
    String name, Path file, String until, Duration limit, List<String> tags, String send) {
  /** Where an image has its parameters, in bytes. */
  private static final int PARAMETERS = 512;

  private static final String CHECKER = "tests/guests/tools/check-image";

  /** All guests, in the table's order. */
  static List<TestGuest> all() throws IOException {
    Path directory = directory("rumpstubdom.guests");
    List<TestGuest> guests = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("guests.tsv"))) {
      if (!line.startsWith("#")) {
        String[] field = line.split("\t", -1);
        guests.add(
            new TestGuest(
                field[0],
                directory.resolve(field[1]),
                field[2],
                Duration.ofSeconds(Long.parseLong(field[3])),
                List.of(field[4].split(",", -1)),
                field[5]));
      }
    }
    return guests;
  }

  /** The guest of that name. */
  static TestGuest named(String name) throws IOException {
    return all().stream().filter(guest -> guest.name().equals(name)).findFirst().orElseThrow();
  }

  /** A file that was built with the guests. */
  static Path file(String name) {
    return directory("rumpstubdom.guests").resolve(name);
  }

  /** Our image. */
  static ImageDirectory image() throws IOException {
    return ImageDirectory.open(directory("rumpstubdom.image"));
  }

  private static Path directory(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException("system property " + property + " is not set");
    }
    return Path.of(value);
  }

  boolean has(String tag) {
    return tags.contains(tag);
  }

  /** A copy of the guest, with lines added to the configuration and to the image's parameters. */
  TestGuest with(Path directory, String lines, String parameters) throws IOException {
    Path copy = copy(directory);
    Path image = GuestConfiguration.load(copy).disks().get(0).path();
    byte[] bytes = Files.readAllBytes(image);
    // The parameter sector is text that ends with zeroes; of two lines the first counts.
    int end = PARAMETERS;
    while (bytes[end] != 0) {
      end++;
    }
    byte[] old = Arrays.copyOfRange(bytes, PARAMETERS, end);
    byte[] added = parameters.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(added, 0, bytes, PARAMETERS, added.length);
    System.arraycopy(old, 0, bytes, PARAMETERS + added.length, old.length);
    Files.write(image, bytes);
    Files.writeString(copy, Files.readString(copy) + lines);
    return new TestGuest(name, copy, until, limit, tags, send);
  }

  /**
   * Copies configuration and writable disks, so that the guest may keep its changes.
   *
   * @return the copied configuration
   */
  Path copy(Path directory) throws IOException {
    String text = Files.readString(file);
    for (Disk disk : GuestConfiguration.load(file).disks()) {
      if (disk.writable()) {
        Path copy = directory.resolve(disk.path().getFileName());
        // cp keeps the holes of sparse images.
        Command.of("cp", "--sparse=always", disk.path().toString(), copy.toString()).run();
        text = text.replace("target=" + disk.path() + "'", "target=" + copy + "'");
      }
    }
    return Files.writeString(directory.resolve(file.getFileName()), text);
  }

  /** "passed" when one of the writable disks has what the guest says it wrote; else complaints. */
  String checkWritten(String serial, GuestConfiguration configuration) throws IOException {
    Path log = Files.writeString(Files.createTempFile("serial", ".log"), serial);
    StringBuilder complaints = new StringBuilder("not on disk:");
    try {
      for (Disk disk : configuration.disks()) {
        if (disk.writable()) {
          Path checker = Path.of(System.getProperty("rumpstubdom.checkout")).resolve(CHECKER);
          Command.Result result =
              Command.of(checker.toString(), log.toString(), disk.path().toString()).execute();
          if (result.status() == 0) {
            return "passed";
          }
          complaints.append(' ').append(result.lastLines());
        }
      }
    } finally {
      Files.delete(log);
    }
    return complaints.toString();
  }
}
