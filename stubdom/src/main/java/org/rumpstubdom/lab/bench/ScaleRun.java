// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.lab.bench.Figure.Sample;
import org.rumpstubdom.lab.bench.Figure.Unit;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.lab.root.PeerImage;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.Resources;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Several guests at the same time, each with a device model of its own: what the creation of one
 * more takes, what each takes of memory, and what an access takes while all make theirs.
 */
final class ScaleRun {
  static final String GROUP = "scale";

  /** How many guests at a time. */
  static final List<Integer> COUNTS = List.of(1, 4, 16);

  /**
   * A Linux stub domain takes so much memory and time to start that 16 are too many for the host.
   */
  static final int MOST_LINUX = 4;

  /** Memory of a guest, its stub domain of ours, and what Xen keeps for both; generous. */
  private static final int GUEST_MIB = 136;

  private static final int LINUX_GUEST_MIB = 96 + PeerImage.MEMORY_MIB + 32;

  private static final Duration LIMIT = Duration.ofHours(2);

  private static final Pattern CREATE = Pattern.compile("(?m)^create (\\d+)$");
  private static final Pattern MEMORY = Pattern.compile("(?m)^memory (\\d+)$");

  private final BenchPlan plan;
  private final Progress progress;

  ScaleRun(BenchPlan plan, Progress progress) {
    this.plan = plan;
    this.progress = progress;
  }

  /** Runs on all device models of the plan. */
  List<Figure> run() throws IOException {
    List<Figure> figures = new ArrayList<>();
    try (Lab lab = Lab.open(options(), progress)) {
      for (int count : COUNTS) {
        for (DeviceModel model : plan.models()) {
          if (model != DeviceModel.LINUX || count <= MOST_LINUX) {
            figures.addAll(run(lab, model, count));
          }
        }
      }
      lab.finish();
    }
    return figures;
  }

  private LabOptions options() {
    int most = COUNTS.stream().mapToInt(Integer::intValue).max().orElse(0) * GUEST_MIB;
    if (plan.models().contains(DeviceModel.LINUX)) {
      most = Math.max(most, MOST_LINUX * LINUX_GUEST_MIB);
    }
    return LabOptions.of(LabClock.COUNTED).withGuestMemory(most);
  }

  private List<Figure> run(Lab lab, DeviceModel model, int count) throws IOException {
    try (Progress.Step step =
        progress.begin("run " + count + " guests at a time (" + model + ")")) {
      String directory = "/run/scale" + lab.nextRun();
      Dom0 dom0 = lab.dom0();
      dom0.run("mkdir", directory);
      dom0.push(plan.directory().resolve("bench-scale.img"), directory + "/guest.img");
      dom0.push(
          configuration(lab, model).getBytes(StandardCharsets.UTF_8), directory + "/guest.cfg");
      String counter = plan.counter() == BenchResult.Counter.NATIVE ? "native" : "default";
      String said = measure(dom0, List.of(Integer.toString(count), directory, counter));
      dom0.run("rm", "-rf", directory);
      step.done();
      return figures(said, model, count);
    }
  }

  private static String measure(Dom0 dom0, List<String> arguments) throws IOException {
    List<String> argv = new ArrayList<>(List.of("bash", "-c", program(), "measure-scale"));
    argv.addAll(arguments);
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    RemoteCommand command = dom0.start(argv, (error, data, nanos) -> output.writeBytes(data));
    int status = command.await(LIMIT).map(RemoteCommand.End::status).orElse(-1);
    String said = output.toString(StandardCharsets.UTF_8);
    if (status != 0) {
      throw StubdomException.test(
          "guests at the same time", "status " + status + ": " + said.strip(), "");
    }
    return said;
  }

  private static String program() throws IOException {
    return Resources.text(ScaleRun.class, "measure-scale");
  }

  /** The guest's own, with the keys of the device model; of two lines xl takes the last. */
  private String configuration(Lab lab, DeviceModel model) throws IOException {
    String text = Files.readString(plan.directory().resolve("bench-scale.cfg"));
    return switch (model) {
      case DOM0 -> text;
      case LINUX ->
          text
              + PeerImage.keys(
                  lab.keepInDom0(lab.root().kernel()), lab.keepInDom0(lab.root().peerRamdisk()));
      case STUBDOM -> text + keys(lab, plan.image());
    };
  }

  private static String keys(Lab lab, ImageDirectory image) throws IOException {
    return """
        device_model_version = "qemu-xen"
        device_model_stubdomain_override = 1
        stubdomain_kernel = "%s"
        stubdomain_ramdisk = "%s"
        stubdomain_memory = %d
        """
        .formatted(
            lab.keepInDom0(image.kernel()), lab.keepInDom0(image.ramdisk()), image.memoryMib());
  }

  /** The figures in what the program said. */
  static List<Figure> figures(String said, DeviceModel model, int count) {
    List<Sample> accesses =
        FigureLines.of(said, GROUP, model).stream()
            .map(figure -> figure.values().get(model))
            .toList();
    List<Double> creations = numbers(CREATE, said);
    List<Double> memory = numbers(MEMORY, said);
    if (accesses.size() != count || creations.size() != count || memory.size() != 1) {
      throw StubdomException.test(
          count + " guests at the same time (" + model + ")",
          "not all came to an end: " + said,
          "");
    }
    // While all of them wait for their turn, an access of each lasts as long as one of every guest.
    List<Double> means = accesses.stream().map(sample -> sample.mean() / count).toList();
    return List.of(
        figure("create-" + count, Unit.INSTRUCTIONS, model, Sample.of(creations)),
        figure(
            "memory-of-each-" + count, Unit.MEBIBYTES, model, Sample.once(memory.get(0) / count)),
        figure("port-read-" + count, Unit.INSTRUCTIONS, model, Sample.of(means)));
  }

  private static Figure figure(String name, Unit unit, DeviceModel model, Sample sample) {
    return new Figure(GROUP, name, unit, Map.of(model, sample));
  }

  private static List<Double> numbers(Pattern pattern, String text) {
    List<Double> numbers = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      numbers.add(Double.parseDouble(matcher.group(1)));
    }
    return numbers;
  }
}
