/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Finds where one JSON message ends in a stream of bytes, and checks that it is one. */
#include "monitor/json.h"

#include <stdint.h>

#include "core/string.h"

/* ---- framing --------------------------------------------------------------------------------- */

void json_framer_reset(struct json_framer *f)
{
    *f = (struct json_framer){.state = JSON_BETWEEN};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum json_byte object_byte(struct json_framer *f, char c)
{
    if (c == '\n' && f->in_string) {
        /* No string may hold one: the message is broken, and the line is over. */
        json_framer_reset(f);
        return JSON_LAST;
    }
    if (f->in_string) {
        if (f->escaped)
            f->escaped = false;
        else if (c == '\\')
            f->escaped = true;
        else if (c == '"')
            f->in_string = false;
        return JSON_INSIDE;
    }
    if (c == '"') {
        f->in_string = true;
    } else if (c == '{' || c == '[') {
        f->depth++;
    } else if (c == '}' || c == ']') {
        if (--f->depth == 0) {
            json_framer_reset(f);
            return JSON_LAST;
        }
    }
    return JSON_INSIDE;
}

enum json_byte json_framer_byte(struct json_framer *f, char c)
{
    switch (f->state) {
    case JSON_OBJECT:
        return object_byte(f, c);
    case JSON_RUBBISH:
        if (c != '\n')
            return JSON_INSIDE;
        json_framer_reset(f);
        return JSON_LAST;
    case JSON_BETWEEN:
        break;
    }
    /* A byte 1 is how some proxies mark a new connection. */
    if (is_space(c) || c == '\x01')
        return JSON_SKIP;
    if (c == '{') {
        f->state = JSON_OBJECT;
        f->depth = 1;
    } else {
        f->state = JSON_RUBBISH;
    }
    return JSON_INSIDE;
}

/* ---- the grammar ----------------------------------------------------------------------------- */

struct cursor {
    const char *p, *end;
};

static int peek(const struct cursor *c)
{
    return c->p < c->end ? (unsigned char)*c->p : -1;
}

static bool take(struct cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return false;
    c->p++;
    return true;
}

static void skip_space(struct cursor *c)
{
    while (c->p < c->end && is_space(*c->p))
        c->p++;
}

static bool take_hex4(struct cursor *c)
{
    for (int i = 0; i < 4; i++) {
        int h = peek(c);

        if (!((h >= '0' && h <= '9') || (h >= 'a' && h <= 'f') || (h >= 'A' && h <= 'F')))
            return false;
        c->p++;
    }
    return true;
}

/* The continuation bytes of a UTF-8 sequence (RFC 3629: no overlong forms, no surrogates). */
static bool take_utf8(struct cursor *c)
{
    unsigned lead = (unsigned char)*c->p++;
    unsigned low = 0x80, high = 0xbf, more;

    if (lead >= 0xc2 && lead <= 0xdf) {
        more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        more = 2;
        if (lead == 0xe0)
            low = 0xa0;
        if (lead == 0xed)
            high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        more = 3;
        if (lead == 0xf0)
            low = 0x90;
        if (lead == 0xf4)
            high = 0x8f;
    } else {
        return false;
    }
    for (; more > 0; more--) {
        int b = peek(c);

        if (b < (int)low || b > (int)high)
            return false;
        c->p++;
        low = 0x80;
        high = 0xbf;
    }
    return true;
}

static bool take_string(struct cursor *c)
{
    if (!take(c, '"'))
        return false;
    for (;;) {
        int b = peek(c);

        if (b < 0x20)
            return false;
        if (b == '"') {
            c->p++;
            return true;
        }
        if (b == '\\') {
            c->p++;
            b = peek(c);
            if (b <= 0 || strchr("\"\\/bfnrtu", b) == NULL)
                return false;
            c->p++;
            if (b == 'u' && !take_hex4(c))
                return false;
        } else if (b >= 0x80) {
            if (!take_utf8(c))
                return false;
        } else {
            c->p++;
        }
    }
}

static bool take_digits(struct cursor *c)
{
    const char *from = c->p;

    while (peek(c) >= '0' && peek(c) <= '9')
        c->p++;
    return c->p > from;
}

static bool take_number(struct cursor *c)
{
    take(c, '-');
    if (!take(c, '0') && !take_digits(c))
        return false;
    if (take(c, '.') && !take_digits(c))
        return false;
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '+'))
            take(c, '-');
        return take_digits(c);
    }
    return true;
}

static bool take_word(struct cursor *c, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
        return false;
    c->p += n;
    return true;
}

static bool take_value(struct cursor *c, unsigned depth);

/* name : value, with the white space around; *name is the text between the quotes. */
static bool take_member(struct cursor *c, unsigned depth, struct json_span *name,
                        struct json_span *value)
{
    const char *from;

    skip_space(c);
    from = c->p;
    if (!take_string(c))
        return false;
    *name = (struct json_span){from + 1, (size_t)(c->p - from) - 2};
    skip_space(c);
    if (!take(c, ':'))
        return false;
    skip_space(c);
    from = c->p;
    if (!take_value(c, depth))
        return false;
    *value = (struct json_span){from, (size_t)(c->p - from)};
    skip_space(c);
    return true;
}

static bool take_object(struct cursor *c, unsigned depth)
{
    struct json_span name, value;

    if (!take(c, '{'))
        return false;
    skip_space(c);
    if (take(c, '}'))
        return true;
    do {
        if (!take_member(c, depth, &name, &value))
            return false;
    } while (take(c, ','));
    return take(c, '}');
}

static bool take_array(struct cursor *c, unsigned depth)
{
    if (!take(c, '['))
        return false;
    skip_space(c);
    if (take(c, ']'))
        return true;
    do {
        skip_space(c);
        if (!take_value(c, depth))
            return false;
        skip_space(c);
    } while (take(c, ','));
    return take(c, ']');
}

static bool take_value(struct cursor *c, unsigned depth)
{
    if (depth >= JSON_MAX_DEPTH)
        return false;
    switch (peek(c)) {
    case '{':
        return take_object(c, depth + 1);
    case '[':
        return take_array(c, depth + 1);
    case '"':
        return take_string(c);
    case 't':
        return take_word(c, "true");
    case 'f':
        return take_word(c, "false");
    case 'n':
        return take_word(c, "null");
    default:
        return take_number(c);
    }
}

bool json_is_object(struct json_span text)
{
    struct cursor c = {text.text, text.text + text.len};

    skip_space(&c);
    if (!take_object(&c, 1))
        return false;
    skip_space(&c);
    return c.p == c.end;
}

bool json_member(struct json_span object, const char *wanted, struct json_span *value)
{
    struct cursor c = {object.text, object.text + object.len};
    struct json_span name, v;
    size_t n = strlen(wanted);

    skip_space(&c);
    if (!take(&c, '{'))
        return false;
    do {
        if (!take_member(&c, 1, &name, &v))
            return false;
        if (name.len == n && memcmp(name.text, wanted, n) == 0) {
            *value = v;
            return true;
        }
    } while (take(&c, ','));
    return false;
}

bool json_is_string(struct json_span value, const char *s)
{
    size_t n = strlen(s);

    return value.len == n + 2 && value.text[0] == '"' && memcmp(value.text + 1, s, n) == 0;
}
