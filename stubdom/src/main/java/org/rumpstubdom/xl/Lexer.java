// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits a configuration into the tokens of libxlutil's grammar (Xen 4.17).
 *
 * <p>The text has one char per byte of the file. Behaviour that looks odd is libxlutil's own: keys
 * are lower case; a comment with content needs a newline after it; a numeric escape must have three
 * digits, takes a fourth if there is one, and yields nothing.
 */
final class Lexer {
  /** Kinds of tokens. */
  enum Kind {
    KEY,
    NUMBER,
    STRING,
    ASSIGN,
    APPEND,
    COMMA,
    OPEN,
    CLOSE,
    SEMICOLON,
    NEWLINE,
    END
  }

  /**
   * A token.
   *
   * @param text its text; of a string without quotes, escapes resolved
   * @param start index of its first char
   * @param end index after its last char
   */
  record Token(Kind kind, String text, int line, int start, int end) {
    /** How an error message names it. */
    String describe() {
      return switch (kind) {
        case NEWLINE -> "end of line";
        case END -> "end of file";
        default -> "'" + text + "'";
      };
    }
  }

  /** What strtoul(3) takes for a number, with the blanks before it. */
  private static final Pattern NUMBER = Pattern.compile("[ \\t\\x0B\\f\\r]*[+-]?[0-9]+");

  private final String text;
  private int position;
  private int line = 1;

  Lexer(String text) {
    this.text = text;
  }

  /** The next token; END for ever after the last. */
  Token next() throws SyntaxError {
    while (position < text.length() && (peek() == ' ' || peek() == '\t')) {
      position++;
    }
    if (position == text.length()) {
      return token(Kind.END, 0);
    }
    char c = peek();
    if (position == text.length() - 1 && !startsToken(c)) {
      return token(Kind.END, 1);
    }
    if (c >= 'a' && c <= 'z') {
      return run(Kind.KEY);
    }
    if (c >= '0' && c <= '9') {
      return run(Kind.NUMBER);
    }
    return switch (c) {
      case '\'', '"' -> string(c);
      case '#' -> comment();
      case '\n' -> newline(1);
      case '=' -> token(Kind.ASSIGN, 1);
      case ',' -> token(Kind.COMMA, 1);
      case '[' -> token(Kind.OPEN, 1);
      case ']' -> token(Kind.CLOSE, 1);
      case ';' -> token(Kind.SEMICOLON, 1);
      case '+' -> {
        if (text.startsWith("+=", position)) {
          yield token(Kind.APPEND, 2);
        }
        throw unexpected();
      }
      case '\r' ->
          throw new SyntaxError(
              line, "the line ends in a carriage return (convert the file with dos2unix)");
      default -> throw unexpected();
    };
  }

  /** Whether the char alone is a token. */
  private static boolean startsToken(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || "\n=,[];".indexOf(c) >= 0;
  }

  private char peek() {
    return text.charAt(position);
  }

  private SyntaxError unexpected() {
    int end = position;
    while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
      end++;
    }
    String found = text.substring(position, Math.min(end, position + 30));
    return new SyntaxError(line, "unexpected '" + Bytes.decode(found) + "'");
  }

  private Token token(Kind kind, int length) {
    Token token =
        new Token(
            kind, text.substring(position, position + length), line, position, position + length);
    position += length;
    return token;
  }

  private Token run(Kind kind) {
    int end = position + 1;
    while (end < text.length() && continues(kind, text.charAt(end))) {
      end++;
    }
    return token(kind, end - position);
  }

  private static boolean continues(Kind kind, char c) {
    boolean digit = c >= '0' && c <= '9';
    return kind == Kind.KEY
        ? digit || (c >= 'a' && c <= 'z') || c == '_' || c == '.'
        : digit || (c >= 'a' && c <= 'f') || c == 'x';
  }

  private Token newline(int length) {
    Token token = token(Kind.NEWLINE, length);
    line++;
    return token;
  }

  /** A comment reaches to the newline and stands for it. */
  private Token comment() throws SyntaxError {
    int end = text.indexOf('\n', position);
    if (end >= 0) {
      return newline(end + 1 - position);
    }
    throw new SyntaxError(line, "the comment in the last line has no newline after it");
  }

  private Token string(char quote) throws SyntaxError {
    int start = position;
    int index = position + 1;
    StringBuilder content = new StringBuilder();
    while (true) {
      if (index >= text.length() || text.charAt(index) == '\n') {
        throw new SyntaxError(line, "the quoted string is not closed on its line");
      }
      char c = text.charAt(index);
      if (c == quote) {
        break;
      }
      if (c == '\\') {
        index = escape(index + 1, content);
      } else {
        content.append(c);
        index++;
      }
    }
    position = index + 1;
    return new Token(Kind.STRING, content.toString(), line, start, position);
  }

  /** Resolves the escape whose char after the backslash is at {@code index}; returns its end. */
  private int escape(int index, StringBuilder content) throws SyntaxError {
    char c = index < text.length() ? text.charAt(index) : '\n';
    if (c == '\n') {
      throw new SyntaxError(line, "the quoted string is not closed on its line");
    }
    if (c >= '0' && c <= '7') {
      Matcher number = NUMBER.matcher(text);
      number.region(index + 1, Math.min(index + 4, text.length()));
      int end = number.lookingAt() ? number.end() : index;
      if (end < index + 3) {
        throw new SyntaxError(line, "a numeric escape in a quoted string needs three digits");
      }
      return end;
    }
    int known = "\"'\\abfnrtv".indexOf(c);
    if (known < 0) {
      throw new SyntaxError(line, "unknown escape '\\" + c + "' in a quoted string");
    }
    content.append("\"'\\\u0007\b\f\n\r\t\u000b".charAt(known));
    return index + 1;
  }
}
