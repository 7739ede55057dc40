// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.Resources;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Takes pictures of a guest's screen, as a VNC viewer in dom0 would see it, and keeps them as PNG
 * files. A picture that cannot be had is left out, and said so at the end: it decides nothing.
 */
final class Camera {
  private static final int SIGKILL = 9;

  private final GuestPlan.Pictures order;
  private final Dom0 dom0;
  private final String domain;
  private final String scratch;
  private int series;
  private byte[] last;
  private String problem = "";
  private RemoteCommand shooting;

  /**
   * Prepares pictures.
   *
   * @param order null for none
   * @param name the guest's name
   * @param directory one of dom0's, for a file in between
   */
  Camera(GuestPlan.Pictures order, Dom0 dom0, DeviceModel model, String name, String directory) {
    this.order = order;
    this.dom0 = dom0;
    // Of a guest with a stub domain it is the stub domain's QEMU in dom0 that has the screen.
    this.domain = model == DeviceModel.DOM0 ? name : name + "-dm";
    this.scratch = directory + "/screen.ppm";
  }

  /** Begins a series, if one is wanted, as soon as the other command writes the text. */
  void startAfter(RemoteCommand other, String text) throws IOException {
    if (order != null && order.everySeconds() > 0) {
      PixmapReader pictures = new PixmapReader(this::keep);
      shooting =
          dom0.startAfter(
              other,
              text,
              program(Integer.toString(order.everySeconds())),
              (error, data, nanos) -> {
                if (!error) {
                  pictures.accept(data);
                }
              });
    }
  }

  /** Ends the series. */
  void stop() throws IOException {
    if (shooting != null) {
      shooting.signal(SIGKILL);
    }
  }

  /** Takes the last picture, of a guest that is still there; otherwise the series has it. */
  void finish(Progress progress) throws IOException {
    if (order == null) {
      return;
    }
    if (shooting != null) {
      shooting.await();
    }
    PixmapReader reader = new PixmapReader(picture -> last = picture.png());
    RemoteCommand command =
        dom0.start(
            program(),
            (error, data, nanos) -> {
              if (!error) {
                reader.accept(data);
              }
            });
    command.await();
    if (last == null) {
      progress.message("no picture of " + domain + ": it had no screen, or had ended");
      return;
    }
    AtomicFiles.write(order.file(), last);
    if (!problem.isEmpty()) {
      progress.message(problem);
    }
  }

  private List<String> program(String... more) {
    List<String> argv = new ArrayList<>();
    argv.addAll(List.of("sh", "-c", Resources.text(Camera.class, "take-pictures")));
    argv.addAll(List.of("take-pictures", domain, scratch));
    argv.addAll(List.of(more));
    return argv;
  }

  /** Keeps a picture of the series; called on the channel's thread, which nothing may end. */
  private void keep(Pixmap picture) {
    last = picture.png();
    series++;
    try {
      AtomicFiles.write(numbered(order.file(), series), last);
    } catch (IOException e) {
      problem = e.getMessage();
    }
  }

  /** "a.png" and 7 make "a-0007.png". */
  static Path numbered(Path file, int number) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    return file.resolveSibling(
        "%s-%04d%s".formatted(stem, number, dot < 0 ? "" : name.substring(dot)));
  }
}
