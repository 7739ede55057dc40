// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rumpstubdom.xl.Lexer.Kind;
import org.rumpstubdom.xl.Lexer.Token;

/**
 * Reads the grammar of libxlutil's configuration files:
 *
 * <pre>
 *   file       = { [ assignment ] ( NEWLINE | ";" ) } [ assignment ]
 *   assignment = KEY ( "=" | "+=" ) value
 *   value      = STRING | NUMBER | "[" newlines [ list ] "]"
 *   list       = value newlines { "," newlines value newlines } [ "," newlines ]
 * </pre>
 */
final class Parser {
  /** No key of xl wants more than two; without a limit the stack is one. */
  private static final int DEEPEST = 100;

  private final Lexer lexer;
  private final List<Assignment> assignments = new ArrayList<>();
  private final Map<String, Value> values = new LinkedHashMap<>();
  private Token token;
  private int lastEnd;
  private int depth;

  private Parser(String text) throws SyntaxError {
    lexer = new Lexer(text);
    token = lexer.next();
  }

  /**
   * What a file says.
   *
   * @param assignments all of them, in order
   * @param values what they amount to: the last "=" counts, "+=" adds to what is there
   * @param end index after all that counts: before a last char that is overlooked
   */
  record Document(List<Assignment> assignments, Map<String, Value> values, int end) {}

  /** Reads a text with one char per byte. */
  static Document parse(String text) throws SyntaxError {
    Parser parser = new Parser(text);
    parser.file();
    return new Document(parser.assignments, parser.values, parser.token.start());
  }

  private void add(Assignment assignment) throws SyntaxError {
    assignments.add(assignment);
    Value before = values.get(assignment.key());
    boolean sum = assignment.append() && before != null;
    values.put(assignment.key(), sum ? sum(before, assignment) : assignment.value());
  }

  private static Value sum(Value before, Assignment assignment) throws SyntaxError {
    if (before instanceof Value.Text left && assignment.value() instanceof Value.Text right) {
      return new Value.Text(left.text() + right.text(), assignment.line());
    }
    if (before instanceof Value.Items left && assignment.value() instanceof Value.Items right) {
      return left.plus(right);
    }
    throw new SyntaxError(
        assignment.line(),
        "'+=' adds a "
            + kind(assignment.value())
            + " to '"
            + assignment.key()
            + "', a "
            + kind(before));
  }

  private static String kind(Value value) {
    return value instanceof Value.Items ? "list" : "string";
  }

  private void file() throws SyntaxError {
    while (token.kind() != Kind.END) {
      if (token.kind() == Kind.NEWLINE || token.kind() == Kind.SEMICOLON) {
        advance();
        continue;
      }
      add(assignment());
      if (token.kind() != Kind.END
          && token.kind() != Kind.NEWLINE
          && token.kind() != Kind.SEMICOLON) {
        throw expected("the end of the line");
      }
    }
  }

  private Assignment assignment() throws SyntaxError {
    Token key = take(Kind.KEY, "a key in lower case");
    boolean append = token.kind() == Kind.APPEND;
    if (append) {
      advance();
    } else {
      take(Kind.ASSIGN, "'=' after '" + key.text() + "'");
    }
    int start = token.start();
    Value value = value();
    return new Assignment(key.text(), append, value, key.line(), start, lastEnd);
  }

  private Value value() throws SyntaxError {
    Token first = token;
    switch (first.kind()) {
      case STRING, NUMBER -> {
        advance();
        return new Value.Text(Bytes.decode(first.text()), first.line());
      }
      case OPEN -> {
        if (depth == DEEPEST) {
          throw new SyntaxError(
              first.line(), "lists in lists go deeper than " + DEEPEST + " brackets");
        }
        advance();
        depth++;
        Value list = list(first.line());
        depth--;
        return list;
      }
      default -> throw expected("a quoted string, a number or '['");
    }
  }

  private Value list(int line) throws SyntaxError {
    List<Value> values = new ArrayList<>();
    skipNewlines();
    while (token.kind() != Kind.CLOSE) {
      if (!values.isEmpty()) {
        take(Kind.COMMA, "',' or ']' in the list begun in line " + line);
        skipNewlines();
        if (token.kind() == Kind.CLOSE) {
          break;
        }
      }
      values.add(value());
      skipNewlines();
    }
    advance();
    return new Value.Items(values, line);
  }

  private void skipNewlines() throws SyntaxError {
    while (token.kind() == Kind.NEWLINE) {
      advance();
    }
  }

  private Token take(Kind kind, String what) throws SyntaxError {
    if (token.kind() != kind) {
      throw expected(what);
    }
    Token taken = token;
    advance();
    return taken;
  }

  private void advance() throws SyntaxError {
    lastEnd = token.end();
    token = lexer.next();
  }

  private SyntaxError expected(String what) {
    return new SyntaxError(
        token.line(), "expected " + what + ", found " + Bytes.decode(token.describe()));
  }
}
