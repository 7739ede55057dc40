// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/**
 * How tests ended, for the table of features: scripts/features takes it over. A file beside the
 * test reports has one line for each test, device model and version of Xen.
 */
final class Results {
  /** Passed; what that means is told by the row that names the test. */
  static final String PASSED = "passed";

  static final String FAILED = "failed";

  private Results() {}

  /**
   * Records an outcome.
   *
   * @param test its name as rows of tests/features.tsv have it
   * @param suite the host's Debian release
   * @param outcome {@link #PASSED}, {@link #FAILED} or a word of that table
   */
  static void record(String test, DeviceModel model, String suite, String outcome) {
    String file = System.getProperty("rumpstubdom.results");
    String emulator = System.getProperty("rumpstubdom.emulator", SourceLock.DEFAULT_SUITE);
    // The table is about the usual image.
    if (file == null || !emulator.equals(SourceLock.DEFAULT_SUITE)) {
      return;
    }
    String xen = suite.equals(LabRoot.DEFAULT_SUITE) ? "4.17" : "4.20";
    String line = String.join("\t", test, model.toString(), xen, outcome) + "\n";
    try {
      Path path = Path.of(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Part of a test that has an outcome of its own. */
  @FunctionalInterface
  interface Part {
    void run() throws IOException;
  }

  /** Runs it and records whether it passed. */
  static void run(String test, DeviceModel model, String suite, Part part) throws IOException {
    String outcome = FAILED;
    try {
      part.run();
      outcome = PASSED;
    } finally {
      record(test, model, suite, outcome);
    }
  }

  /**
   * A test, or all of a class, whose outcome is one of these device models on that release; the
   * annotation of the method comes first.
   */
  @Inherited
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.TYPE, ElementType.METHOD})
  @ExtendWith(Recorder.class)
  @interface Of {
    /** The device models that it was about. */
    DeviceModel[] value();

    /** The host's Debian release, of a test that has one of its own; else {@link TestHost}'s. */
    String suite() default "";
  }

  /** Records the outcome of annotated tests. */
  static final class Recorder implements InvocationInterceptor {
    @Override
    public void interceptTestMethod(
        Invocation<Void> invocation,
        ReflectiveInvocationContext<Method> invoked,
        ExtensionContext context)
        throws Throwable {
      proceed(invocation, context, "");
    }

    @Override
    public void interceptTestTemplateMethod(
        Invocation<Void> invocation,
        ReflectiveInvocationContext<Method> invoked,
        ExtensionContext context)
        throws Throwable {
      proceed(invocation, context, "[" + context.getDisplayName() + "]");
    }

    @Override
    public void interceptDynamicTest(
        Invocation<Void> invocation, DynamicTestInvocationContext invoked, ExtensionContext context)
        throws Throwable {
      proceed(invocation, context, "[" + context.getDisplayName() + "]");
    }

    private static void proceed(Invocation<Void> invocation, ExtensionContext context, String part)
        throws Throwable {
      String outcome = FAILED;
      try {
        invocation.proceed();
        outcome = PASSED;
      } finally {
        Class<?> type = context.getRequiredTestClass();
        Method method = context.getRequiredTestMethod();
        Of of =
            AnnotationSupport.findAnnotation(method, Of.class)
                .or(() -> AnnotationSupport.findAnnotation(type, Of.class))
                .orElseThrow();
        // A class that repeats another one's tests elsewhere goes by that one's name.
        Class<?> named = method.getDeclaringClass();
        String name =
            named.getName().replaceFirst("^org\\.rumpstubdom\\.tests\\.", "").replace('.', '/')
                + "#"
                + method.getName()
                + part;
        String suite = of.suite().isEmpty() ? TestHost.suite() : of.suite();
        for (DeviceModel model : of.value()) {
          record(name, model, suite, outcome);
        }
      }
    }
  }
}
