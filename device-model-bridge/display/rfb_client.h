/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * rfb_client.h - the client's side of the remote framebuffer protocol 3.8 (RFC 6143), alone: bytes
 * in, pixels and bytes out.
 *
 * It asks for 32-bit little-endian pixels, the encodings Hextile and Raw, size changes
 * (DesktopSize), and QEMU's extended key events, which carry scan codes, so that nobody has to
 * guess a keymap. Of security types it knows only "None". What the server claims is checked; any
 * violation ends the session.
 */
#ifndef BRIDGE_RFB_CLIENT_H
#define BRIDGE_RFB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RFB_BYTES_PER_PIXEL 4u
/* Blue in the lowest byte, then green, then red. */
typedef uint32_t rfb_pixel;

#define RFB_BUTTON_LEFT       0x01u
#define RFB_BUTTON_MIDDLE     0x02u
#define RFB_BUTTON_RIGHT      0x04u
#define RFB_BUTTON_WHEEL_UP   0x08u
#define RFB_BUTTON_WHEEL_DOWN 0x10u

struct rfb_client_ops {
    /* For the server: all n bytes or none. 0 or a negative errno, which ends the session. */
    int (*send)(void *arg, const void *bytes, size_t n);
    /* The picture's size from now on. 0, or a negative errno, which ends the session. */
    int (*resize)(void *arg, unsigned width, unsigned height);
    /*
     * Bytes of row y, the first of them byte `at` of the row. Pixels may be cut anywhere, but the
     * bytes lie inside the picture.
     */
    void (*row)(void *arg, unsigned y, size_t at, const uint8_t *bytes, size_t n);
    void (*fill)(void *arg, unsigned x, unsigned y, unsigned width, unsigned height,
                 rfb_pixel pixel);
    /* The server has sent all pixels of this rectangle. */
    void (*changed)(void *arg, unsigned x, unsigned y, unsigned width, unsigned height);
    /* The server has sent all rectangles of an update. The next one is to be asked for. */
    void (*updated)(void *arg);
};

struct rfb_rect {
    unsigned x, y, width, height;
};

/* The longest piece that is collected before it is looked at: the server's initialisation. */
#define RFB_PIECE_MAX 24u

struct rfb_client {
    const struct rfb_client_ops *ops;
    void *arg;
    const char *why; /* what ended the session, NULL while it goes on */
    int error;

    enum rfb_state {
        RFB_VERSION,
        RFB_SECURITY_COUNT,
        RFB_SECURITY_TYPE,
        RFB_SECURITY_RESULT,
        RFB_SERVER_INIT,
        RFB_NAME,
        RFB_MESSAGE,
        RFB_CUT_TEXT,
        RFB_SKIP,
        RFB_UPDATE,
        RFB_RECT,
        RFB_PIXELS, /* of a Raw rectangle or tile, streamed */
        RFB_TILE,
        RFB_TILE_COLOURS,
        RFB_SUBRECTS,
    } state;
    uint8_t piece[RFB_PIECE_MAX];
    size_t have, want; /* bytes of the piece */
    uint32_t skip;     /* bytes to be ignored */

    unsigned width, height;
    bool running;       /* initialised: input may be sent */
    bool extended_keys; /* the server takes scan codes */
    bool none_offered;  /* security type None was among those offered */
    /*
     * A request is under way, which pixels will answer. There is one at a time, also when the size
     * changes: QEMU answers it with all of the new picture. It would answer a second one in memory
     * of its own while the first answer still waits there.
     */
    bool asked;
    bool sized; /* the size has changed with, or since, the last answer */

    unsigned rects_left;
    struct rfb_rect rect;
    bool hextile; /* its encoding */

    struct rfb_rect raw; /* pixels under way: the rectangle, or one tile of it */
    size_t raw_done;     /* bytes */

    struct rfb_rect tile;
    uint8_t tile_flags;
    rfb_pixel background, foreground;
    unsigned subrects_left;
};

/* Before the first byte of a connection. */
void rfb_client_init(struct rfb_client *c, const struct rfb_client_ops *ops, void *arg);

/*
 * Bytes from the server. -ECONNABORTED: its screen changes its mode, of which QEMU tells (as
 * "WMVi") before it answers the request under way with all of the new picture, which it holds in
 * memory meanwhile. Whoever may not have that memory closes the connection before QEMU's next
 * write; a new one tells the size first. 0, or a negative errno: the session has ended, c->why says
 * why.
 */
int rfb_client_input(struct rfb_client *c, const uint8_t *bytes, size_t n);

/*
 * Asks for the next update: what has changed since the last one, all of it after a change of the
 * size. Nothing while a request is under way. From `updated` or any time later.
 */
void rfb_client_ask(struct rfb_client *c);

/*
 * A key by its number in QEMU's keymaps: the scan code of set 1, with bit 7 for the prefix 0xe0.
 * Ignored while the session is not that far. 0 or the error of ops->send.
 */
int rfb_client_key(struct rfb_client *c, unsigned number, bool down);

/* The pointer's place in the picture, and the buttons that are down. */
int rfb_client_pointer(struct rfb_client *c, unsigned x, unsigned y, unsigned buttons);

#endif
