// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
 * @param backendType "phy", "qdisk" or "tap"; empty when libxl chooses
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
    String backendType,
    String specification) {
  /** Names by kind of disk, as xen-vbd-interface(7) gives them: letters, then a partition. */
  private static final Pattern NAME = Pattern.compile("(hd|sd|xvd)([a-z]{1,5})([1-9][0-9]{0,2})?");

  /** The name without a kind: disk and partition as numbers. */
  private static final Pattern NUMBERED = Pattern.compile("d([0-9]{1,7})p([0-9]{1,3})");

  private static final int LAST_IDE = 3;
  private static final int LAST_IDE_PARTITION = 63;
  private static final int LAST_SCSI = 15;
  private static final int LAST_SCSI_PARTITION = 15;
  private static final int LAST_XEN = (1 << 20) - 1;
  private static final int LAST_XEN_PARTITION = 255;

  /**
   * The disk's number whatever the prefix (hda, sda, xvda and d0p0 are 0); -1 when libxl does not
   * take the name: there are IDE disks to hdd with 63 partitions, SCSI disks to sdp with 15, and
   * Xen's own, 2^20 with 255.
   */
  public int index() {
    Matcher numbered = NUMBERED.matcher(vdev);
    if (numbered.matches()) {
      int number = Integer.parseInt(numbered.group(1));
      boolean known =
          number <= LAST_XEN && Integer.parseInt(numbered.group(2)) <= LAST_XEN_PARTITION;
      return known ? number : -1;
    }
    Matcher name = NAME.matcher(vdev);
    if (!name.matches()) {
      return -1;
    }
    int index = 0;
    for (char c : name.group(2).toCharArray()) {
      index = index * 26 + (c - 'a' + 1);
    }
    index--;
    int partition = name.group(3) == null ? 0 : Integer.parseInt(name.group(3));
    boolean known =
        switch (name.group(1)) {
          case "hd" -> index <= LAST_IDE && partition <= LAST_IDE_PARTITION;
          case "sd" -> index <= LAST_SCSI && partition <= LAST_SCSI_PARTITION;
          default -> index <= LAST_XEN && partition <= LAST_XEN_PARTITION;
        };
    return known ? index : -1;
  }

  /** The same disk at a path. */
  Disk at(Path place) {
    return new Disk(
        line,
        target,
        place,
        format,
        vdev,
        cdrom,
        writable,
        script,
        backend,
        backendType,
        specification);
  }

  /** Whether it is QEMU in dom0 that serves it to the guest's own drivers, as libxl chooses. */
  boolean servedByQemu() {
    return !format.equals("raw") || backendType.equals("qdisk");
  }

  /** Whether it is on the emulated SCSI adapter. */
  public boolean scsi() {
    return vdev.startsWith("sd");
  }
}
