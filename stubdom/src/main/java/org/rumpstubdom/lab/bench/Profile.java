// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Where the instructions of one operation go, on one device model.
 *
 * @param group the figure's group
 * @param name the figure's name
 * @param model whose device model it was
 * @param measured what one operation took by the guest's own clock, or dom0's, in the same run
 * @param parts instructions of one operation by who executed them, in the order of tables
 */
public record Profile(
    String group, String name, DeviceModel model, double measured, Map<String, Double> parts) {
  /** Copies the parts, in their order. */
  public Profile {
    parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
  }

  /** The key of its figure. */
  public String key() {
    return group + "/" + name;
  }

  /** Instructions of one operation, whoever executed them. */
  public double sum() {
    return parts.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
