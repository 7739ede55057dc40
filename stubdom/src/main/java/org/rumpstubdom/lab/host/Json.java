// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/** Small helpers for JSON trees. */
public final class Json {
  private Json() {}

  /** An object of strings, numbers, booleans and JSON trees. */
  public static JsonObject object(Map<String, ?> members) {
    JsonObject object = new JsonObject();
    new TreeMap<>(members)
        .forEach(
            (name, value) -> {
              if (value instanceof JsonElement tree) {
                object.add(name, tree);
              } else if (value instanceof Number number) {
                object.addProperty(name, number);
              } else if (value instanceof Boolean bool) {
                object.addProperty(name, bool);
              } else {
                object.addProperty(name, String.valueOf(value));
              }
            });
    return object;
  }

  /** An array of trees. */
  public static JsonArray array(JsonElement... elements) {
    JsonArray array = new JsonArray();
    for (JsonElement element : elements) {
      array.add(element);
    }
    return array;
  }
}
