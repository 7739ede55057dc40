// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/** Results as JSON; docs/report.md describes its form. */
public final class BenchJson {
  private static final int VERSION = 1;

  private BenchJson() {}

  /** Writes a result. */
  public static String text(BenchResult result) {
    JsonObject root = head(result.counter(), result.versions());
    JsonArray figures = new JsonArray();
    result.figures().forEach(figure -> figures.add(figure(figure)));
    root.add("figures", figures);
    return text(root);
  }

  /** What such a file begins with. */
  static JsonObject head(BenchResult.Counter counter, SortedMap<String, String> versions) {
    JsonObject root = new JsonObject();
    root.addProperty("version", VERSION);
    root.addProperty("counter", counter.toString());
    JsonObject names = new JsonObject();
    versions.forEach(names::addProperty);
    root.add("versions", names);
    return root;
  }

  /** The text of such a file. */
  static String text(JsonObject root) {
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(root) + "\n";
  }

  private static JsonObject figure(Figure figure) {
    JsonObject object = new JsonObject();
    object.addProperty("group", figure.group());
    object.addProperty("name", figure.name());
    object.addProperty("unit", figure.unit().toString());
    if (figure.ports() + figure.memory() > 0) {
      object.addProperty("ports", figure.ports());
      object.addProperty("memory", figure.memory());
    }
    JsonObject values = new JsonObject();
    figure
        .values()
        .forEach(
            (model, sample) -> {
              JsonObject value = new JsonObject();
              value.addProperty("count", sample.count());
              value.addProperty("mean", number(sample.mean()));
              value.addProperty("median", number(sample.median()));
              value.addProperty("least", number(sample.least()));
              value.addProperty("most", number(sample.most()));
              values.add(model.toString(), value);
            });
    object.add("values", values);
    return object;
  }

  /** Whole numbers without a fraction, others with microseconds at most. */
  static Number number(double value) {
    double rounded = Math.round(value * 1e6) / 1e6;
    if (rounded == Math.rint(rounded)) {
      return (long) rounded;
    }
    return rounded;
  }

  /**
   * Reads a result that was written before.
   *
   * @throws StubdomException (3) when the file is not one
   */
  public static BenchResult read(Path file) throws IOException {
    return read(file, "stubdom bench", BenchJson::result);
  }

  /**
   * Reads a file of this form.
   *
   * @param command what writes such files
   */
  static <T> T read(Path file, String command, Function<JsonObject, T> form) throws IOException {
    String fix = "write one with `" + command + " --out`";
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new StubdomException(
          ExitCode.INPUT, file.toString(), "no such file", fix, List.of(), e);
    }
    try {
      JsonObject root = JsonParser.parseString(text).getAsJsonObject();
      if (root.get("version").getAsInt() != VERSION) {
        throw new IllegalArgumentException("another version");
      }
      return form.apply(root);
    } catch (JsonParseException
        | ClassCastException
        | IllegalArgumentException
        | IllegalStateException
        | NullPointerException
        | UnsupportedOperationException e) {
      // What a tree of another form answers, from whichever step into it.
      throw new StubdomException(
          ExitCode.INPUT, file.toString(), "is no result of `" + command + "`", fix, List.of(), e);
    }
  }

  private static BenchResult result(JsonObject root) {
    List<Figure> figures = new ArrayList<>();
    for (JsonElement element : root.getAsJsonArray("figures")) {
      figures.add(figure(element.getAsJsonObject()));
    }
    return new BenchResult(counter(root), versions(root), figures);
  }

  /** The counter such a file names. */
  static BenchResult.Counter counter(JsonObject root) {
    return constant(BenchResult.Counter.values(), root.get("counter"));
  }

  /** The versions in it. */
  static SortedMap<String, String> versions(JsonObject root) {
    SortedMap<String, String> versions = new TreeMap<>();
    for (Map.Entry<String, JsonElement> entry : root.getAsJsonObject("versions").entrySet()) {
      versions.put(entry.getKey(), entry.getValue().getAsString());
    }
    return versions;
  }

  private static Figure figure(JsonObject object) {
    Map<DeviceModel, Figure.Sample> values = new EnumMap<>(DeviceModel.class);
    for (DeviceModel model : DeviceModel.values()) {
      JsonObject value = object.getAsJsonObject("values").getAsJsonObject(model.toString());
      if (value != null) {
        values.put(
            model,
            new Figure.Sample(
                value.get("count").getAsInt(),
                value.get("mean").getAsDouble(),
                value.get("median").getAsDouble(),
                value.get("least").getAsDouble(),
                value.get("most").getAsDouble()));
      }
    }
    return new Figure(
        object.get("group").getAsString(),
        object.get("name").getAsString(),
        constant(Figure.Unit.values(), object.get("unit")),
        object.has("ports") ? object.get("ports").getAsInt() : 0,
        object.has("memory") ? object.get("memory").getAsInt() : 0,
        values);
  }

  /** The constant that writes itself so. */
  static <T> T constant(T[] constants, JsonElement word) {
    for (T constant : constants) {
      if (constant.toString().equals(word.getAsString())) {
        return constant;
      }
    }
    throw new IllegalArgumentException(word + " is unknown");
  }
}
