// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one version needs and others do not is decided by what its source tree says. */
final class QemuRecipeTest {
  @TempDir Path source;

  private void write(String name, String text) throws IOException {
    Path file = source.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void aFunctionOfCxlThatIsNotAmongTheStubs() throws IOException {
    write("hw/acpi/cxl.c", "    list = cxl_fmws_get_all_sorted();\n");
    write("hw/cxl/cxl-host-stubs.c", "void hook_up(PCIBus *bus) {}\n");
    assertEquals(
        List.of("-Wl,--defsym=cxl_fmws_get_all_sorted=abort"), QemuRecipe.linkOptions(source));
  }

  @Test
  void aStubForIt() throws IOException {
    write("hw/acpi/cxl.c", "    list = cxl_fmws_get_all_sorted();\n");
    write("hw/cxl/cxl-host-stubs.c", "GSList *cxl_fmws_get_all_sorted(void) { return NULL; }\n");
    assertEquals(List.of(), QemuRecipe.linkOptions(source));
  }

  @Test
  void nobodyWhoCallsIt() throws IOException {
    write("hw/acpi/cxl.c", "    walk_over_the_windows();\n");
    write("hw/cxl/cxl-host-stubs.c", "");
    assertEquals(List.of(), QemuRecipe.linkOptions(source));
  }
}
