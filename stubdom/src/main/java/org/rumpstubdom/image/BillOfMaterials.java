// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.rumpstubdom.util.ProductVersion;

/**
 * The image's bill of materials after CycloneDX 1.6 (ECMA-424), JSON form. Deterministic: no time
 * stamp, and a serial number derived from the content.
 */
final class BillOfMaterials {
  /** Licence identifiers we use that SPDX defines; others are written as names. */
  private static final Set<String> SPDX =
      Set.of(
          "BSD-2-Clause",
          "BSD-3-Clause",
          "GPL-2.0-only",
          "GPL-2.0-or-later",
          "GPL-3.0-or-later",
          "LGPL-2.1-only",
          "LGPL-2.1-or-later",
          "LGPL-3.0-only",
          "LGPL-3.0-or-later",
          "MIT",
          "Zlib",
          "ISC",
          "Apache-2.0",
          "CC0-1.0");

  private BillOfMaterials() {}

  /**
   * Makes the document.
   *
   * @param files the image's own files with their SHA-256
   * @param components what they are made of
   */
  static JsonObject of(Map<String, String> files, List<Component> components) {
    JsonObject product = new JsonObject();
    product.addProperty("type", "firmware");
    product.addProperty("bom-ref", "stubdom-image");
    product.addProperty("name", "rump-stubdom-image");
    product.addProperty("version", ProductVersion.current());
    product.add("licenses", licences(List.of("BSD-2-Clause", "GPL-2.0-only")));

    JsonObject metadata = new JsonObject();
    metadata.add("component", product);

    JsonArray parts = new JsonArray();
    files.forEach((name, sha256) -> parts.add(file(name, sha256)));
    components.forEach(component -> parts.add(component(component)));

    JsonObject bill = new JsonObject();
    bill.addProperty("bomFormat", "CycloneDX");
    bill.addProperty("specVersion", "1.6");
    bill.addProperty(
        "serialNumber",
        "urn:uuid:"
            + UUID.nameUUIDFromBytes((product + "" + parts).getBytes(StandardCharsets.UTF_8)));
    bill.addProperty("version", 1);
    bill.add("metadata", metadata);
    bill.add("components", parts);
    return bill;
  }

  private static JsonObject file(String name, String sha256) {
    JsonObject file = new JsonObject();
    file.addProperty("type", "file");
    file.addProperty("bom-ref", "file:" + name);
    file.addProperty("name", name);
    file.add("hashes", hashes(sha256));
    return file;
  }

  private static JsonObject component(Component component) {
    JsonObject part = new JsonObject();
    part.addProperty("type", component.type());
    part.addProperty("bom-ref", component.type() + ":" + component.name());
    part.addProperty("name", component.name());
    part.addProperty("version", component.version());
    part.add("hashes", hashes(component.sha256()));
    if (!component.licences().isEmpty()) {
      part.add("licenses", licences(component.licences()));
    }
    if (!component.purl().isEmpty()) {
      part.addProperty("purl", component.purl());
    }
    if (!component.properties().isEmpty()) {
      JsonArray properties = new JsonArray();
      component
          .properties()
          .forEach(
              (name, value) -> {
                JsonObject property = new JsonObject();
                property.addProperty("name", name);
                property.addProperty("value", value);
                properties.add(property);
              });
      part.add("properties", properties);
    }
    return part;
  }

  private static JsonArray hashes(String sha256) {
    JsonObject hash = new JsonObject();
    hash.addProperty("alg", "SHA-256");
    hash.addProperty("content", sha256);
    JsonArray hashes = new JsonArray();
    hashes.add(hash);
    return hashes;
  }

  private static JsonArray licences(List<String> names) {
    JsonArray licences = new JsonArray();
    for (String name : names) {
      JsonObject licence = new JsonObject();
      licence.addProperty(SPDX.contains(name) ? "id" : "name", name);
      JsonObject wrapped = new JsonObject();
      wrapped.add("license", licence);
      licences.add(wrapped);
    }
    return licences;
  }
}
