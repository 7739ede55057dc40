// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Bars as SVG: each figure's device models beside each other, as parts of what QEMU in dom0 takes,
 * with a mark where Xen alone would be. Figures that dom0 has no value of are left out.
 */
final class BenchChart {
  private static final int WIDTH = 720;
  private static final int LABELS = 190;
  private static final int NUMBERS = 60;
  private static final int BAR = 12;
  private static final int GAP = 10;
  private static final int TOP = 54;

  /** Of the palette of Okabe and Ito, which people who see fewer colours can tell apart. */
  private static final Map<DeviceModel, String> COLOURS =
      new EnumMap<>(
          Map.of(
              DeviceModel.STUBDOM, "#0072b2",
              DeviceModel.DOM0, "#999999",
              DeviceModel.LINUX, "#e69f00"));

  private static final Map<DeviceModel, String> NAMES =
      new EnumMap<>(
          Map.of(
              DeviceModel.STUBDOM, "our stub domain",
              DeviceModel.DOM0, "QEMU in dom0",
              DeviceModel.LINUX, "Linux stub domain"));

  private final BenchResult result;
  private final List<DeviceModel> models;
  private final List<Figure> figures;
  private final StringBuilder svg = new StringBuilder();

  BenchChart(BenchResult result, List<Figure> figures) {
    this.result = result;
    this.models = result.models();
    this.figures =
        figures.stream().filter(figure -> figure.mean(DeviceModel.DOM0).orElse(0) > 0).toList();
  }

  /** Whether there is nothing to show. */
  boolean isEmpty() {
    return figures.isEmpty();
  }

  /** Draws it. */
  String svg(String title) {
    int step = models.size() * BAR + GAP;
    int height = TOP + figures.size() * step + GAP;
    line(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
            + " font-family=\"sans-serif\" font-size=\"11\">",
        WIDTH, height, WIDTH, height);
    line("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, height);
    line("<text x=\"8\" y=\"18\" font-size=\"13\" font-weight=\"bold\">%s</text>", escape(title));
    legend();
    double largest =
        figures.stream()
            .flatMap(figure -> models.stream().map(model -> part(figure, figure.mean(model))))
            .mapToDouble(part -> part.orElse(0))
            .max()
            .orElse(1);
    double scale = (WIDTH - LABELS - NUMBERS) / largest;
    for (int i = 0; i < figures.size(); i++) {
      bars(figures.get(i), TOP + i * step, scale);
    }
    double one = LABELS + scale;
    line(
        "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#000000\""
            + " stroke-dasharray=\"2 3\"/>",
        one, TOP - 4, one, height - GAP);
    svg.append("</svg>\n");
    return svg.toString();
  }

  private void legend() {
    int x = 8;
    for (DeviceModel model : models) {
      line(
          "<rect x=\"%d\" y=\"28\" width=\"10\" height=\"10\" fill=\"%s\"/>",
          x, COLOURS.get(model));
      line("<text x=\"%d\" y=\"37\">%s</text>", x + 14, NAMES.get(model));
      x += 150;
    }
    line("<line x1=\"%d\" y1=\"28\" x2=\"%d\" y2=\"38\" stroke=\"#d55e00\"/>", x, x);
    line("<text x=\"%d\" y=\"37\">Xen alone</text>", x + 6);
  }

  private void bars(Figure figure, int y, double scale) {
    line(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
        LABELS - 8,
        y + models.size() * BAR / 2 + 4,
        escape(figure.group() + " " + figure.name().replace('-', ' ')));
    for (int i = 0; i < models.size(); i++) {
      OptionalDouble part = part(figure, figure.mean(models.get(i)));
      if (part.isPresent()) {
        double length = part.getAsDouble() * scale;
        int top = y + i * BAR;
        line(
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
            LABELS, top, length, BAR - 2, COLOURS.get(models.get(i)));
        line(
            "<text x=\"%.1f\" y=\"%d\">%.2f</text>",
            LABELS + length + 4, top + BAR - 3, part.getAsDouble());
      }
    }
    OptionalDouble floor = part(figure, result.floor(figure));
    if (floor.isPresent()) {
      double x = LABELS + floor.getAsDouble() * scale;
      line(
          "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#d55e00\"/>",
          x, y - 2, x, y + models.size() * BAR);
    }
  }

  private static OptionalDouble part(Figure figure, OptionalDouble value) {
    return value.isEmpty()
        ? value
        : OptionalDouble.of(value.getAsDouble() / figure.mean(DeviceModel.DOM0).orElseThrow());
  }

  private void line(String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
