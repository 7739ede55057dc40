// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.util.List;
import org.rumpstubdom.lab.host.LabPci;
import org.rumpstubdom.util.StubdomException;
import picocli.CommandLine.Option;

/** The options {@code --pci} and {@code --iommu} of the commands whose guests may have devices. */
final class PciOptions {
  @Option(
      names = "--pci",
      paramLabel = "DEVICE",
      split = ",",
      description =
          "Give the host PCI devices to be passed through, and an IOMMU: ${COMPLETION-CANDIDATES}."
              + " Several with commas, a kind up to twice. The host then boots anew each time.")
  private List<LabPci.Device> devices = List.of();

  @Option(
      names = "--iommu",
      paramLabel = "KIND",
      description = "Kind of that IOMMU: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
      defaultValue = "intel")
  private LabPci.Iommu iommu;

  LabPci pci() {
    for (LabPci.Device device : devices) {
      if (devices.stream().filter(device::equals).count() > LabPci.MOST_OF_A_KIND) {
        throw StubdomException.usage(
            "--pci=" + device,
            "there are no more than " + LabPci.MOST_OF_A_KIND + " of a kind",
            "name it less often");
      }
    }
    return new LabPci(iommu, devices);
  }
}
