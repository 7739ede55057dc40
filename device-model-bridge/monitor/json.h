/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * json.h - just enough JSON (RFC 8259) to carry QMP messages without understanding them: where
 * one ends, is it well-formed, and what does a member at its top level hold. Nothing is decoded or
 * copied.
 */
#ifndef BRIDGE_QMP_JSON_H
#define BRIDGE_QMP_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Deeper values are refused: more than QMP needs, less than the kernel stack has. */
#define JSON_MAX_DEPTH 48u

struct json_span {
    const char *text;
    size_t len;
};

/*
 * Finds the ends of messages in a byte stream. A message is an object; anything else at the top
 * level counts as one message up to the end of its line, so that the stream gets in step again
 * after rubbish.
 */
struct json_framer {
    enum { JSON_BETWEEN, JSON_OBJECT, JSON_RUBBISH } state;
    unsigned depth;
    bool in_string, escaped;
};

void json_framer_reset(struct json_framer *f);

/* What json_framer_byte() says about the byte it was given. */
enum json_byte {
    JSON_SKIP,   /* between messages: not part of one */
    JSON_INSIDE, /* part of a message */
    JSON_LAST,   /* part of a message, which ends here */
};
enum json_byte json_framer_byte(struct json_framer *f, char c);

/*
 * Is the text exactly one well-formed object, strings in valid UTF-8, perhaps with white space
 * around it?
 */
bool json_is_object(struct json_span text);

/*
 * The value of the first member `name` at the top level of an object that json_is_object()
 * accepted. Names written with escapes are not recognised. False when there is none.
 */
bool json_member(struct json_span object, const char *name, struct json_span *value);

/* Is the value the string `s`, written without escapes? */
bool json_is_string(struct json_span value, const char *s);

#endif
