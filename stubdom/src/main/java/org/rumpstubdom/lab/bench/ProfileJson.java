// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/** Profiles as JSON; docs/report.md describes its form. */
public final class ProfileJson {
  private static final String COMMAND = "stubdom bench --profile";

  private ProfileJson() {}

  /** Writes profiles. */
  public static String text(ProfileResult result) {
    JsonObject root = BenchJson.head(result.counter(), result.versions());
    JsonArray profiles = new JsonArray();
    result.profiles().forEach(profile -> profiles.add(profile(profile)));
    root.add("profiles", profiles);
    return BenchJson.text(root);
  }

  private static JsonObject profile(Profile profile) {
    JsonObject object = new JsonObject();
    object.addProperty("group", profile.group());
    object.addProperty("name", profile.name());
    object.addProperty("model", profile.model().toString());
    object.addProperty("measured", BenchJson.number(profile.measured()));
    JsonObject parts = new JsonObject();
    profile.parts().forEach((part, value) -> parts.addProperty(part, BenchJson.number(value)));
    object.add("parts", parts);
    return object;
  }

  /**
   * Reads profiles that were written before.
   *
   * @throws StubdomException (3) when the file holds none
   */
  public static ProfileResult read(Path file) throws IOException {
    return BenchJson.read(file, COMMAND, ProfileJson::result);
  }

  private static ProfileResult result(JsonObject root) {
    List<Profile> profiles = new ArrayList<>();
    for (JsonElement element : root.getAsJsonArray("profiles")) {
      JsonObject object = element.getAsJsonObject();
      Map<String, Double> parts = new TreeMap<>(CodeOwners.ORDER);
      object
          .getAsJsonObject("parts")
          .entrySet()
          .forEach(part -> parts.put(part.getKey(), part.getValue().getAsDouble()));
      profiles.add(
          new Profile(
              object.get("group").getAsString(),
              object.get("name").getAsString(),
              BenchJson.constant(DeviceModel.values(), object.get("model")),
              object.get("measured").getAsDouble(),
              parts));
    }
    return new ProfileResult(BenchJson.counter(root), BenchJson.versions(root), profiles);
  }
}
