/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Formatted output into a buffer: the subset of C11 7.21.6.1 that log.h promises. */
#include <stdbool.h>
#include <stdint.h>

#include "core/log.h"
#include "core/string.h"

struct sink {
    char *buf;
    size_t size; /* of buf, with room for the terminator */
    size_t len;  /* characters produced, also those that did not fit */
};

static void put(struct sink *s, char c)
{
    if (s->len + 1 < s->size)
        s->buf[s->len] = c;
    s->len++;
}

static void pad(struct sink *s, char c, int n)
{
    while (n-- > 0)
        put(s, c);
}

struct spec {
    bool left, zero, plus, space, alt;
    int width;
    int precision; /* -1: not given */
};

/* Sign or prefix, then zeroes, then digits, padded to the width. */
static void put_number(struct sink *s, const struct spec *sp, uint64_t v, unsigned base, bool upper,
                       const char *prefix)
{
    char digits[24];
    int n = 0;
    int plen = (int)strlen(prefix);
    int zeros;

    while (v) {
        digits[n++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[v % base];
        v /= base;
    }
    if (!n && sp->precision != 0)
        digits[n++] = '0';
    zeros = sp->precision > n ? sp->precision - n : 0;
    if (sp->zero && !sp->left && sp->precision < 0 && sp->width > n + plen)
        zeros = sp->width - n - plen;
    if (!sp->left)
        pad(s, ' ', sp->width - n - plen - zeros);
    for (int i = 0; i < plen; i++)
        put(s, prefix[i]);
    pad(s, '0', zeros);
    for (int i = n; i-- > 0;)
        put(s, digits[i]);
    if (sp->left)
        pad(s, ' ', sp->width - n - plen - zeros);
}

static void put_string(struct sink *s, const struct spec *sp, const char *str)
{
    size_t n;

    if (str == NULL)
        str = "(null)";
    n = sp->precision >= 0 ? strnlen(str, (size_t)sp->precision) : strlen(str);
    if (!sp->left)
        pad(s, ' ', sp->width - (int)n);
    for (size_t i = 0; i < n; i++)
        put(s, str[i]);
    if (sp->left)
        pad(s, ' ', sp->width - (int)n);
}

enum length { LEN_INT, LEN_CHAR, LEN_SHORT, LEN_LONG, LEN_LLONG, LEN_SIZE };

static uint64_t take_unsigned(va_list *ap, enum length len)
{
    switch (len) {
    case LEN_CHAR:
        return (unsigned char)va_arg(*ap, unsigned);
    case LEN_SHORT:
        return (unsigned short)va_arg(*ap, unsigned);
    case LEN_LONG:
    case LEN_LLONG:
    case LEN_SIZE:
        return va_arg(*ap, unsigned long);
    default:
        return va_arg(*ap, unsigned);
    }
}

static int64_t take_signed(va_list *ap, enum length len)
{
    switch (len) {
    case LEN_CHAR:
        return (signed char)va_arg(*ap, int);
    case LEN_SHORT:
        return (short)va_arg(*ap, int);
    case LEN_LONG:
    case LEN_LLONG:
    case LEN_SIZE:
        return va_arg(*ap, long);
    default:
        return va_arg(*ap, int);
    }
}

static const char *parse_flags(const char *f, struct spec *sp)
{
    for (;; f++) {
        switch (*f) {
        case '-':
            sp->left = true;
            break;
        case '0':
            sp->zero = true;
            break;
        case '+':
            sp->plus = true;
            break;
        case ' ':
            sp->space = true;
            break;
        case '#':
            sp->alt = true;
            break;
        default:
            return f;
        }
    }
}

static const char *parse_count(const char *f, va_list *ap, int *count)
{
    if (*f == '*') {
        *count = va_arg(*ap, int);
        return f + 1;
    }
    *count = 0;
    while (*f >= '0' && *f <= '9' && *count < 10000)
        *count = *count * 10 + (*f++ - '0');
    return f;
}

static const char *parse_length(const char *f, enum length *len)
{
    *len = LEN_INT;
    switch (*f) {
    case 'h':
        *len = f[1] == 'h' ? LEN_CHAR : LEN_SHORT;
        return f + (f[1] == 'h' ? 2 : 1);
    case 'l':
        *len = f[1] == 'l' ? LEN_LLONG : LEN_LONG;
        return f + (f[1] == 'l' ? 2 : 1);
    case 'z':
    case 'j':
    case 't':
        *len = LEN_SIZE;
        return f + 1;
    default:
        return f;
    }
}

static void convert(struct sink *s, struct spec *sp, char conv, enum length len, va_list *ap)
{
    switch (conv) {
    case 'd':
    case 'i': {
        int64_t v = take_signed(ap, len);
        const char *sign = v < 0 ? "-" : sp->plus ? "+" : sp->space ? " " : "";

        put_number(s, sp, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, false, sign);
        break;
    }
    case 'u':
        put_number(s, sp, take_unsigned(ap, len), 10, false, "");
        break;
    case 'x':
    case 'X': {
        uint64_t v = take_unsigned(ap, len);

        put_number(s, sp, v, 16, conv == 'X', sp->alt && v ? (conv == 'X' ? "0X" : "0x") : "");
        break;
    }
    case 'p':
        put_number(s, sp, (uintptr_t)va_arg(*ap, void *), 16, false, "0x");
        break;
    case 'c': {
        char one[2] = {(char)va_arg(*ap, int), '\0'};

        sp->precision = 1;
        if (one[0])
            put_string(s, sp, one);
        else
            put(s, '\0');
        break;
    }
    case 's':
        put_string(s, sp, va_arg(*ap, const char *));
        break;
    case '%':
        put(s, '%');
        break;
    default: /* a format we do not know: show it rather than guess its argument */
        put(s, '%');
        put(s, conv);
        break;
    }
}

int kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap_in)
{
    struct sink s = {.buf = buf, .size = size};
    va_list ap;

    va_copy(ap, ap_in);
    for (const char *f = fmt; *f; f++) {
        struct spec sp = {.precision = -1};
        enum length len;

        if (*f != '%') {
            put(&s, *f);
            continue;
        }
        f = parse_flags(f + 1, &sp);
        f = parse_count(f, &ap, &sp.width);
        if (sp.width < 0) {
            sp.left = true;
            sp.width = -sp.width;
        }
        if (*f == '.')
            f = parse_count(f + 1, &ap, &sp.precision);
        f = parse_length(f, &len);
        if (!*f)
            break;
        convert(&s, &sp, *f, len, &ap);
    }
    va_end(ap);
    if (size)
        buf[s.len < size ? s.len : size - 1] = '\0';
    return (int)s.len;
}

int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = kvsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
