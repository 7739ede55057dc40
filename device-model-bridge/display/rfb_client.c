/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The client's side of the remote framebuffer protocol, as a state machine fed with bytes. */
#include "display/rfb_client.h"

#include "core/errno.h"
#include "core/string.h"

#define VERSION     "RFB 003.008\n"
#define VERSION_LEN 12u

#define SECURITY_NONE 1u

#define CUT_TEXT_MAX (1u << 20) /* what QEMU itself allows */
#define NAME_MAX     4096u

/* Messages of the server. */
enum { FRAMEBUFFER_UPDATE = 0, BELL = 2, SERVER_CUT_TEXT = 3 };
/* Messages of ours. */
enum {
    SET_PIXEL_FORMAT = 0,
    SET_ENCODINGS = 2,
    UPDATE_REQUEST = 3,
    POINTER_EVENT = 5,
    QEMU_MESSAGE = 255
};
#define QEMU_EXTENDED_KEY 0

#define ENCODING_RAW          0
#define ENCODING_HEXTILE      5
#define ENCODING_DESKTOP_SIZE (-223)
#define ENCODING_EXTENDED_KEY (-258)
#define ENCODING_WMVI         0x574d5669 /* "WMVi": the server's display changes its mode */

#define TILE_SIZE 16u
/* Flags of a Hextile tile. */
enum {
    TILE_RAW = 1,
    TILE_BACKGROUND = 2,
    TILE_FOREGROUND = 4,
    TILE_SUBRECTS = 8,
    TILE_COLOURED = 16
};

/* ---- numbers on the wire --------------------------------------------------------------------- */

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Pixels come as we asked for them, not in the order of the other numbers. */
static rfb_pixel get_pixel(const uint8_t *p)
{
    return (rfb_pixel)p[0] | (rfb_pixel)p[1] << 8 | (rfb_pixel)p[2] << 16 | (rfb_pixel)p[3] << 24;
}

static void put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
    put16(p, value >> 16);
    put16(p + 2, value & 0xffff);
}

/* ---- the session ----------------------------------------------------------------------------- */

static void fail(struct rfb_client *c, int error, const char *why)
{
    if (c->why != NULL)
        return;
    c->why = why;
    c->error = error;
    c->running = false;
}

static void violated(struct rfb_client *c, const char *why)
{
    fail(c, -EPROTO, why);
}

static void await(struct rfb_client *c, enum rfb_state state, size_t bytes)
{
    c->state = state;
    c->have = 0;
    c->want = bytes;
}

static int send(struct rfb_client *c, const void *bytes, size_t n)
{
    int rc = c->ops->send(c->arg, bytes, n);

    if (rc < 0)
        fail(c, rc, "cannot send");
    return rc;
}

static void request_update(struct rfb_client *c, bool incremental)
{
    uint8_t m[10] = {UPDATE_REQUEST, incremental};

    put16(m + 6, c->width);
    put16(m + 8, c->height);
    c->asked = true;
    c->sized = false;
    (void)send(c, m, sizeof(m));
}

void rfb_client_ask(struct rfb_client *c)
{
    if (c->running && !c->asked)
        request_update(c, !c->sized);
}

/* All of it at once: the server may act on the first message already. */
static void set_up(struct rfb_client *c)
{
    static const int32_t encodings[] = {ENCODING_HEXTILE, ENCODING_RAW, ENCODING_DESKTOP_SIZE,
                                        ENCODING_EXTENDED_KEY, ENCODING_WMVI};
    enum { COUNT = sizeof(encodings) / sizeof(encodings[0]) };
    static const uint8_t format[20] = {
        SET_PIXEL_FORMAT,
        0,
        0,
        0, /* message, padding */
        32,
        24,
        0,
        1, /* bits, depth, little-endian, true colour */
        0,
        255,
        0,
        255,
        0,
        255, /* largest red, green, blue */
        16,
        8,
        0, /* their shifts */
    };
    uint8_t m[4 + 4 * COUNT] = {SET_ENCODINGS};

    put16(m + 2, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        put32(m + 4 + 4 * i, (uint32_t)encodings[i]);
    if (send(c, format, sizeof(format)) < 0 || send(c, m, sizeof(m)) < 0)
        return;
    c->running = true;
    request_update(c, false);
}

static void take_size(struct rfb_client *c, unsigned width, unsigned height)
{
    int rc;

    if (width == 0 || height == 0) {
        violated(c, "an empty picture");
        return;
    }
    c->width = width;
    c->height = height;
    rc = c->ops->resize(c->arg, width, height);
    if (rc < 0)
        fail(c, rc, "the picture does not fit");
}

/* ---- rectangles ------------------------------------------------------------------------------ */

static void next_rect(struct rfb_client *c)
{
    if (c->rects_left > 0) {
        c->rects_left--;
        await(c, RFB_RECT, 12);
        return;
    }
    await(c, RFB_MESSAGE, 1);
    c->ops->updated(c->arg);
}

static void rect_done(struct rfb_client *c)
{
    c->asked = false;
    c->ops->changed(c->arg, c->rect.x, c->rect.y, c->rect.width, c->rect.height);
    next_rect(c);
}

static void begin_pixels(struct rfb_client *c, struct rfb_rect raw)
{
    c->raw = raw;
    c->raw_done = 0;
    c->state = RFB_PIXELS;
}

static void begin_tile(struct rfb_client *c, unsigned x, unsigned y)
{
    unsigned right = c->rect.x + c->rect.width - x, below = c->rect.y + c->rect.height - y;

    c->tile = (struct rfb_rect){x, y, right < TILE_SIZE ? right : TILE_SIZE,
                                below < TILE_SIZE ? below : TILE_SIZE};
    await(c, RFB_TILE, 1);
}

static void next_tile(struct rfb_client *c)
{
    unsigned x = c->tile.x + TILE_SIZE, y = c->tile.y;

    if (x >= c->rect.x + c->rect.width) {
        x = c->rect.x;
        y += TILE_SIZE;
    }
    if (y >= c->rect.y + c->rect.height)
        rect_done(c);
    else
        begin_tile(c, x, y);
}

static void take_rect(struct rfb_client *c)
{
    struct rfb_rect r = {get16(c->piece), get16(c->piece + 2), get16(c->piece + 4),
                         get16(c->piece + 6)};
    int32_t encoding = (int32_t)get32(c->piece + 8);

    c->rect = r;
    c->hextile = encoding == ENCODING_HEXTILE;
    if (encoding == ENCODING_DESKTOP_SIZE) {
        c->sized = true;
        take_size(c, r.width, r.height);
        if (c->why == NULL)
            next_rect(c);
        return;
    }
    if (encoding == ENCODING_EXTENDED_KEY) {
        c->extended_keys = true;
        next_rect(c);
        return;
    }
    if (encoding == ENCODING_WMVI) {
        fail(c, -ECONNABORTED, "the screen changes its mode");
        return;
    }
    if (encoding != ENCODING_RAW && !c->hextile) {
        violated(c, "an encoding nobody asked for");
        return;
    }
    if (r.x + r.width > c->width || r.y + r.height > c->height) {
        violated(c, "a rectangle outside the picture");
        return;
    }
    if (r.width == 0 || r.height == 0)
        rect_done(c);
    else if (c->hextile)
        begin_tile(c, r.x, r.y);
    else
        begin_pixels(c, r);
}

static void pixels_done(struct rfb_client *c)
{
    if (c->hextile)
        next_tile(c);
    else
        rect_done(c);
}

/* As much of the pixels as is there; how many bytes were used. */
static size_t take_pixels(struct rfb_client *c, const uint8_t *bytes, size_t n)
{
    size_t line = (size_t)c->raw.width * RFB_BYTES_PER_PIXEL;
    size_t total = line * c->raw.height, used = 0;

    while (used < n && c->raw_done < total) {
        size_t at = c->raw_done % line, part = line - at;

        if (part > n - used)
            part = n - used;
        c->ops->row(c->arg, c->raw.y + (unsigned)(c->raw_done / line),
                    (size_t)c->raw.x * RFB_BYTES_PER_PIXEL + at, bytes + used, part);
        used += part;
        c->raw_done += part;
    }
    if (c->raw_done == total)
        pixels_done(c);
    return used;
}

/* ---- Hextile --------------------------------------------------------------------------------- */

static void take_tile_flags(struct rfb_client *c)
{
    uint8_t flags = c->piece[0];
    size_t more = 0;

    if ((flags & TILE_RAW) != 0) {
        begin_pixels(c, c->tile); /* the other flags mean nothing then */
        return;
    }
    c->tile_flags = flags;
    if ((flags & TILE_BACKGROUND) != 0)
        more += RFB_BYTES_PER_PIXEL;
    if ((flags & TILE_FOREGROUND) != 0)
        more += RFB_BYTES_PER_PIXEL;
    if ((flags & TILE_SUBRECTS) != 0)
        more++;
    await(c, RFB_TILE_COLOURS, more);
}

static void await_subrect(struct rfb_client *c)
{
    if (c->subrects_left == 0) {
        next_tile(c);
        return;
    }
    c->subrects_left--;
    await(c, RFB_SUBRECTS, (c->tile_flags & TILE_COLOURED) != 0 ? RFB_BYTES_PER_PIXEL + 2 : 2);
}

static void take_tile_colours(struct rfb_client *c)
{
    const uint8_t *p = c->piece;

    if ((c->tile_flags & TILE_BACKGROUND) != 0) {
        c->background = get_pixel(p);
        p += RFB_BYTES_PER_PIXEL;
    }
    if ((c->tile_flags & TILE_FOREGROUND) != 0) {
        c->foreground = get_pixel(p);
        p += RFB_BYTES_PER_PIXEL;
    }
    c->ops->fill(c->arg, c->tile.x, c->tile.y, c->tile.width, c->tile.height, c->background);
    c->subrects_left = (c->tile_flags & TILE_SUBRECTS) != 0 ? *p : 0;
    await_subrect(c);
}

static void take_subrect(struct rfb_client *c)
{
    const uint8_t *p = c->piece;
    rfb_pixel colour = c->foreground;
    unsigned x, y, width, height;

    if ((c->tile_flags & TILE_COLOURED) != 0) {
        colour = get_pixel(p);
        p += RFB_BYTES_PER_PIXEL;
    }
    x = p[0] >> 4;
    y = p[0] & 15;
    width = (p[1] >> 4) + 1u;
    height = (p[1] & 15) + 1u;
    if (x + width > c->tile.width || y + height > c->tile.height) {
        violated(c, "a subrectangle outside its tile");
        return;
    }
    c->ops->fill(c->arg, c->tile.x + x, c->tile.y + y, width, height, colour);
    await_subrect(c);
}

/* ---- the beginning, and messages ------------------------------------------------------------- */

static void take_version(struct rfb_client *c)
{
    if (memcmp(c->piece, VERSION, VERSION_LEN) != 0) {
        violated(c, "not protocol version 3.8");
        return;
    }
    (void)send(c, VERSION, VERSION_LEN);
    await(c, RFB_SECURITY_COUNT, 1);
}

static void choose_security(struct rfb_client *c)
{
    static const uint8_t none = SECURITY_NONE;

    if (!c->none_offered) {
        violated(c, "the server asks for authentication");
        return;
    }
    (void)send(c, &none, 1);
    await(c, RFB_SECURITY_RESULT, 4);
}

static void take_security_type(struct rfb_client *c)
{
    c->none_offered |= c->piece[0] == SECURITY_NONE;
    if (--c->skip == 0)
        choose_security(c);
    else
        await(c, RFB_SECURITY_TYPE, 1);
}

static void skip(struct rfb_client *c, uint32_t bytes, enum rfb_state state)
{
    c->skip = bytes;
    c->have = c->want = 0;
    c->state = state;
}

static void take_message(struct rfb_client *c)
{
    switch (c->piece[0]) {
    case FRAMEBUFFER_UPDATE:
        await(c, RFB_UPDATE, 3);
        break;
    case BELL:
        await(c, RFB_MESSAGE, 1);
        break;
    case SERVER_CUT_TEXT:
        await(c, RFB_CUT_TEXT, 7);
        break;
    default:
        violated(c, "an unknown message");
    }
}

/* A piece is complete. */
static void take_piece(struct rfb_client *c)
{
    static const uint8_t share = 1;

    switch (c->state) {
    case RFB_VERSION:
        take_version(c);
        break;
    case RFB_SECURITY_COUNT:
        c->skip = c->piece[0];
        if (c->skip == 0)
            violated(c, "the server refuses");
        await(c, RFB_SECURITY_TYPE, 1);
        break;
    case RFB_SECURITY_TYPE:
        take_security_type(c);
        break;
    case RFB_SECURITY_RESULT:
        if (get32(c->piece) != 0)
            violated(c, "the server refuses");
        else
            (void)send(c, &share, 1);
        await(c, RFB_SERVER_INIT, 24);
        break;
    case RFB_SERVER_INIT:
        take_size(c, get16(c->piece), get16(c->piece + 2));
        if (get32(c->piece + 20) > NAME_MAX)
            violated(c, "an endless name");
        skip(c, get32(c->piece + 20), RFB_NAME);
        break;
    case RFB_MESSAGE:
        take_message(c);
        break;
    case RFB_CUT_TEXT:
        if (get32(c->piece + 3) > CUT_TEXT_MAX)
            violated(c, "an endless text");
        skip(c, get32(c->piece + 3), RFB_SKIP);
        break;
    case RFB_UPDATE:
        c->rects_left = get16(c->piece + 1);
        if (c->asked)
            c->sized = false; /* what comes is of the new size already */
        c->asked = c->asked && c->rects_left > 0;
        next_rect(c);
        break;
    case RFB_RECT:
        take_rect(c);
        break;
    case RFB_TILE:
        take_tile_flags(c);
        break;
    case RFB_TILE_COLOURS:
        take_tile_colours(c);
        break;
    case RFB_SUBRECTS:
        take_subrect(c);
        break;
    case RFB_NAME:
    case RFB_SKIP:
    case RFB_PIXELS:
        break; /* these have no pieces */
    }
}

static void skipped(struct rfb_client *c)
{
    if (c->state == RFB_NAME)
        set_up(c);
    await(c, RFB_MESSAGE, 1);
}

/* One step with the bytes that are left; how many were used. */
static size_t step(struct rfb_client *c, const uint8_t *bytes, size_t n)
{
    size_t used;

    switch (c->state) {
    case RFB_PIXELS:
        return take_pixels(c, bytes, n);
    case RFB_NAME:
    case RFB_SKIP:
        used = n < c->skip ? n : c->skip;
        c->skip -= (uint32_t)used;
        if (c->skip == 0)
            skipped(c);
        return used;
    default:
        used = n < c->want - c->have ? n : c->want - c->have;
        memcpy(c->piece + c->have, bytes, used);
        c->have += used;
        if (c->have == c->want)
            take_piece(c);
        return used;
    }
}

/* Can a step be made without further bytes? */
static bool needs_nothing(const struct rfb_client *c)
{
    if (c->state == RFB_NAME || c->state == RFB_SKIP)
        return c->skip == 0;
    return c->state != RFB_PIXELS && c->have == c->want;
}

int rfb_client_input(struct rfb_client *c, const uint8_t *bytes, size_t n)
{
    while (c->why == NULL && (n > 0 || needs_nothing(c))) {
        size_t used = step(c, bytes, n);

        bytes += used;
        n -= used;
    }
    return c->why != NULL ? c->error : 0;
}

void rfb_client_init(struct rfb_client *c, const struct rfb_client_ops *ops, void *arg)
{
    memset(c, 0, sizeof(*c));
    c->ops = ops;
    c->arg = arg;
    await(c, RFB_VERSION, VERSION_LEN);
}

/* ---- input ----------------------------------------------------------------------------------- */

int rfb_client_key(struct rfb_client *c, unsigned number, bool down)
{
    uint8_t m[12] = {QEMU_MESSAGE, QEMU_EXTENDED_KEY};

    if (!c->running || !c->extended_keys)
        return 0;
    put16(m + 2, down);
    put32(m + 8, number); /* the key symbol before it stays 0: nothing may depend on it */
    return send(c, m, sizeof(m));
}

int rfb_client_pointer(struct rfb_client *c, unsigned x, unsigned y, unsigned buttons)
{
    uint8_t m[6] = {POINTER_EVENT, (uint8_t)buttons};

    if (!c->running)
        return 0;
    put16(m + 2, x < c->width ? x : c->width - 1);
    put16(m + 4, y < c->height ? y : c->height - 1);
    return send(c, m, sizeof(m));
}
