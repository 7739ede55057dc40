// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestResult.Status;

/**
 * The results of a test run in the XML that JUnit's runners write and services for continuous
 * integration read; docs/report.md describes it.
 */
public final class JunitReport {
  private static final String SUITE = "stubdom test";

  private JunitReport() {}

  /** Writes the report: one test case for each result. */
  public static String xml(List<GuestResult> results) {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeCharacters("\n");
      xml.writeStartElement("testsuite");
      xml.writeAttribute("name", SUITE);
      xml.writeAttribute("tests", Integer.toString(results.size()));
      xml.writeAttribute("failures", count(results, Status.FAIL));
      xml.writeAttribute("errors", count(results, Status.ERROR));
      xml.writeAttribute("skipped", count(results, Status.SKIP));
      xml.writeAttribute(
          "time", seconds(results.stream().mapToDouble(JunitReport::duration).sum()));
      for (GuestResult result : results) {
        xml.writeCharacters("\n");
        testCase(xml, result);
      }
      xml.writeCharacters("\n");
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      // It is written to memory.
      throw new IllegalStateException(e);
    }
    return text.toString();
  }

  private static void testCase(XMLStreamWriter xml, GuestResult result) throws XMLStreamException {
    xml.writeStartElement("testcase");
    // Services group tests by package and class.
    xml.writeAttribute("classname", result.suite() + "." + result.model());
    xml.writeAttribute("name", result.name());
    xml.writeAttribute("time", seconds(duration(result)));
    switch (result.status()) {
      case PASS -> {}
      case FAIL -> problem(xml, "failure", result.timedOut() ? "timeout" : "fail", result);
      case ERROR -> problem(xml, "error", result.timedOut() ? "timeout" : "error", result);
      case SKIP -> {
        xml.writeEmptyElement("skipped");
        xml.writeAttribute("message", legal(result.reason()));
      }
    }
    output(xml, "system-out", result.serial().text());
    output(xml, "system-err", String.join("\n", result.deviceModelLog()));
    xml.writeEndElement();
  }

  private static void problem(XMLStreamWriter xml, String element, String type, GuestResult result)
      throws XMLStreamException {
    xml.writeStartElement(element);
    xml.writeAttribute("type", type);
    xml.writeAttribute("message", legal(result.reason()));
    xml.writeCharacters(legal(result.configuration() + ": " + result.reason()));
    xml.writeEndElement();
  }

  private static void output(XMLStreamWriter xml, String element, String text)
      throws XMLStreamException {
    if (!text.isEmpty()) {
      xml.writeStartElement(element);
      xml.writeCharacters(legal(text));
      xml.writeEndElement();
    }
  }

  /**
   * The text with what XML 1.0 cannot hold, by its rule [2], replaced: a guest may write anything.
   */
  private static String legal(String text) {
    StringBuilder legal = new StringBuilder(text.length());
    text.codePoints().map(point -> isLegal(point) ? point : 0xfffd).forEach(legal::appendCodePoint);
    return legal.toString();
  }

  private static boolean isLegal(int point) {
    return point == '\t'
        || point == '\n'
        || point == '\r'
        || (point >= 0x20 && point <= 0xd7ff)
        || (point >= 0xe000 && point <= 0xfffd)
        || point >= 0x10000;
  }

  private static String count(List<GuestResult> results, Status status) {
    return Long.toString(results.stream().filter(result -> result.status() == status).count());
  }

  /** From the start of xl create to the verdict, as far as it got, on the emulated host's clock. */
  private static double duration(GuestResult result) {
    double sum = 0;
    for (Phase phase : List.of(Phase.CREATE, Phase.MATCH)) {
      GuestResult.Span span = result.phases().get(phase);
      sum += span == null ? 0 : span.virtualSeconds();
    }
    return sum;
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
