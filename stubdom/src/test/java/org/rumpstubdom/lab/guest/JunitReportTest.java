// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.maven.plugin.surefire.log.api.NullConsoleLogger;
import org.apache.maven.plugins.surefire.report.ReportTestCase;
import org.apache.maven.plugins.surefire.report.ReportTestSuite;
import org.apache.maven.plugins.surefire.report.SurefireReportParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestResult.Span;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.xl.DeviceModel;
import org.w3c.dom.Document;

/** What Maven's own reader of such reports, and a parser of XML, find in ours. */
final class JunitReportTest {
  /** Colours, a form feed, markup, and a character beyond 16 bits. */
  private static final String OUTPUT = "\33[1mready\33[0m\f <a & \"b\"> ]]> \ud83d\ude00 end\n";

  @TempDir Path directory;
  private Path file;

  private static GuestResult result(String name, DeviceModel model, Status status, boolean late) {
    SerialFollower serial = new SerialFollower(null, List.of());
    serial.accept(OUTPUT.getBytes(StandardCharsets.UTF_8), 1);
    return new GuestResult(
        name,
        Path.of("/g & h.cfg"),
        "bookworm",
        model,
        status,
        "because of <\"it\">",
        late,
        Map.of(Phase.CREATE, new Span(1.25, 9), Phase.MATCH, new Span(2.5, 9)),
        Map.of(),
        Map.of(),
        Map.of(),
        serial,
        List.of("last \0 words"),
        List.of());
  }

  @BeforeEach
  void write() throws Exception {
    List<GuestResult> results =
        List.of(
            result("good", DeviceModel.STUBDOM, Status.PASS, false),
            result("good", DeviceModel.DOM0, Status.FAIL, false),
            result("late", DeviceModel.STUBDOM, Status.FAIL, true),
            result("odd", DeviceModel.STUBDOM, Status.ERROR, false),
            result("not", DeviceModel.LINUX, Status.SKIP, false));
    file = Files.writeString(directory.resolve("TEST-guests.xml"), JunitReport.xml(results));
  }

  @Test
  void mavenReadsTheVerdicts() {
    List<ReportTestSuite> classes =
        new SurefireReportParser(List.of(directory.toFile()), new NullConsoleLogger())
            .parseXMLReportFiles();
    List<ReportTestCase> cases =
        classes.stream().flatMap(suite -> suite.getTestCases().stream()).toList();
    assertEquals(5, cases.size());
    assertEquals(
        List.of("dom0.good fail because of <\"it\">", "stubdom.late timeout because of <\"it\">"),
        cases.stream()
            .filter(ReportTestCase::hasFailure)
            .map(test -> label(test) + " " + test.getFailureType() + " " + test.getFailureMessage())
            .sorted()
            .toList());
    assertEquals(
        List.of("stubdom.odd error"),
        cases.stream()
            .filter(ReportTestCase::hasError)
            .map(test -> label(test) + " " + test.getFailureType())
            .toList());
    assertEquals(
        List.of("linux.not"),
        cases.stream().filter(ReportTestCase::hasSkipped).map(JunitReportTest::label).toList());
    assertEquals(
        List.of("stubdom.good"),
        cases.stream().filter(ReportTestCase::isSuccessful).map(JunitReportTest::label).toList());
    assertTrue(cases.stream().allMatch(test -> test.getTime() == 3.75f));
  }

  private static String label(ReportTestCase test) {
    assertEquals("bookworm." + test.getClassName(), test.getFullClassName());
    return test.getClassName() + "." + test.getName();
  }

  @Test
  void whateverAGuestWritesTheFileIsXml() throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
    assertNull(document.getDoctype());
    assertEquals("5", document.getDocumentElement().getAttribute("tests"));
    assertEquals(
        "\ufffd[1mready\ufffd[0m\ufffd <a & \"b\"> ]]> \ud83d\ude00 end\n",
        document.getElementsByTagName("system-out").item(0).getTextContent());
    assertEquals(
        "last \ufffd words", document.getElementsByTagName("system-err").item(0).getTextContent());
  }
}
