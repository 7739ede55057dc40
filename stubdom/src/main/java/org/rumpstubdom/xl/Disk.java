// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.nio.file.Path;

/**
 * A disk of a guest.
 *
 * @param line where it stands in the configuration, counted from 1
 * @param target file or device as written; empty for an empty drive
 * @param path the target as an absolute path; null for an empty drive and for targets a script
 *     interprets
 * @param format raw, qcow2, ...; "empty" for an empty drive
 * @param vdev what the guest sees, such as "hda"
 * @param cdrom whether it is a CD drive
 * @param writable whether the guest may write
 * @param script the block script that interprets the target; empty for the usual one
 * @param backend name of the domain with the backend; empty for dom0
 * @param specification "xen" or "virtio"
 */
public record Disk(
    int line,
    String target,
    Path path,
    String format,
    String vdev,
    boolean cdrom,
    boolean writable,
    String script,
    String backend,
    String specification) {
  /** The disk's number whatever the prefix (hda, sda and xvda are 0); -1 when not understood. */
  public int index() {
    String letters = vdev.replaceFirst("^(hd|sd|xvd)", "");
    if (letters.length() == vdev.length() || !letters.matches("[a-z]{1,2}[0-9]*")) {
      return -1;
    }
    int index = 0;
    for (char c : letters.replaceAll("[0-9]", "").toCharArray()) {
      index = index * 26 + (c - 'a' + 1);
    }
    return index - 1;
  }

  /** The same disk at a path. */
  Disk at(Path place) {
    return new Disk(
        line, target, place, format, vdev, cdrom, writable, script, backend, specification);
  }

  /** Whether it is on the emulated SCSI adapter. */
  public boolean scsi() {
    return vdev.startsWith("sd");
  }
}
