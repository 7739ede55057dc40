// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.build.Checksums;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;

/** The image under test has the bytes that docs/checksums.json promises to everybody. */
@Tag("emulator")
final class ChecksumsTest {
  private static final Path CHECKOUT = Path.of(System.getProperty("rumpstubdom.checkout"));

  @Test
  void theImageHasTheRecordedBytes() throws IOException {
    ImageDirectory image = ImageDirectory.open(Path.of(System.getProperty("rumpstubdom.image")));
    String suite = BuiltEmulator.SUITE;
    HostTools tools = HostTools.of(suite, CacheDirectory.ofUser(), false, Progress.silent());
    Checksums built = Checksums.of(CHECKOUT, tools, image);
    Checksums recorded = Checksums.recorded(CHECKOUT, suite);
    List<String> differing = built.differing(recorded);
    // A point release of Debian brings other compilers: then nothing can be said of the bytes.
    assumeTrue(
        differing.isEmpty() || built.packages().equals(recorded.packages()),
        () -> "the compilers are not those of the record: " + built.reasons(recorded));
    assertEquals(
        List.of(),
        differing,
        "a change of what goes into the image is recorded with"
            + " `scripts/stubdom build --record --suite="
            + suite
            + "`");
  }
}
