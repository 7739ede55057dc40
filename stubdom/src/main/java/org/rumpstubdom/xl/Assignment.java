// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

/**
 * One assignment as it stands in the file.
 *
 * @param key the key
 * @param append whether it is "+="
 * @param value the value to the right
 * @param line the line of the key, counted from 1
 * @param valueStart index of the value's first char in the text
 * @param valueEnd index after the value's last char
 */
record Assignment(
    String key, boolean append, Value value, int line, int valueStart, int valueEnd) {}
