/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries of the remote framebuffer client for hosted tests (platform/hosted/hosted.h): a client
 * that paints into the test's memory and keeps what it sends for the test to take.
 */
#include "core/byte_queue.h"
#include "core/errno.h"
#include "core/string.h"
#include "display/key_numbers.h"
#include "display/rfb_client.h"
#include "platform/hosted/hosted.h"

HOSTED_API void hosted_rfb_start(void *canvas, uint64_t size);
HOSTED_API int hosted_rfb_input(const void *bytes, uint64_t n);
HOSTED_API int hosted_rfb_sent(void *to, uint64_t size);
HOSTED_API int64_t hosted_rfb_size(void);
HOSTED_API uint64_t hosted_rfb_strays(void);
HOSTED_API uint64_t hosted_rfb_updates(void);
HOSTED_API void hosted_rfb_why(void *to, uint64_t size);
HOSTED_API int hosted_rfb_key(uint64_t number, uint64_t down);
HOSTED_API int hosted_rfb_pointer(uint64_t x, uint64_t y, uint64_t buttons);
HOSTED_API int hosted_key_number(uint64_t linux_code);

static struct rfb_test {
    struct rfb_client client;
    struct byte_queue sent;
    uint8_t *canvas;
    size_t size, line, height;
    uint64_t strays;  /* what was painted outside the picture */
    uint64_t updates; /* complete ones */
} test;

static int send(void *arg, const void *bytes, size_t n)
{
    (void)arg;
    return byte_queue_put(&test.sent, bytes, n);
}

static int resize(void *arg, unsigned width, unsigned height)
{
    (void)arg;
    if ((size_t)width * height * RFB_BYTES_PER_PIXEL > test.size)
        return -ENOSPC;
    test.line = (size_t)width * RFB_BYTES_PER_PIXEL;
    test.height = height;
    return 0;
}

static void row(void *arg, unsigned y, size_t at, const uint8_t *bytes, size_t n)
{
    (void)arg;
    if (y < test.height && at <= test.line && n <= test.line - at)
        memcpy(test.canvas + y * test.line + at, bytes, n);
    else
        test.strays++;
}

static void fill(void *arg, unsigned x, unsigned y, unsigned width, unsigned height,
                 rfb_pixel pixel)
{
    (void)arg;
    for (unsigned line = y; line < y + height; line++)
        for (unsigned i = x; i < x + width; i++)
            row(arg, line, (size_t)i * sizeof(pixel), (const uint8_t *)&pixel, sizeof(pixel));
}

static void changed(void *arg, unsigned x, unsigned y, unsigned width, unsigned height)
{
    (void)arg;
    if ((x + (size_t)width) * RFB_BYTES_PER_PIXEL > test.line || y + height > test.height)
        test.strays++;
}

static void updated(void *arg)
{
    (void)arg;
    test.updates++;
    rfb_client_ask(&test.client);
}

static const struct rfb_client_ops ops = {
    .send = send,
    .resize = resize,
    .row = row,
    .fill = fill,
    .changed = changed,
    .updated = updated,
};

/* A new session; pixels go to `canvas`, row after row. A picture larger than that is refused. */
void hosted_rfb_start(void *canvas, uint64_t size)
{
    if (test.canvas == NULL)
        byte_queue_init(&test.sent);
    byte_queue_clear(&test.sent);
    test.canvas = canvas;
    test.size = size;
    test.line = test.height = 0;
    test.strays = test.updates = 0;
    rfb_client_init(&test.client, &ops, NULL);
}

int hosted_rfb_input(const void *bytes, uint64_t n)
{
    return rfb_client_input(&test.client, bytes, n);
}

/* What it has sent since the last call; how many bytes. */
int hosted_rfb_sent(void *to, uint64_t size)
{
    return (int)byte_queue_get(&test.sent, to, size);
}

/* Width in the high, height in the low 32 bits. */
int64_t hosted_rfb_size(void)
{
    return (int64_t)test.client.width << 32 | test.client.height;
}

uint64_t hosted_rfb_strays(void)
{
    return test.strays;
}

uint64_t hosted_rfb_updates(void)
{
    return test.updates;
}

/* What ended the session, "" while it goes on. */
void hosted_rfb_why(void *to, uint64_t size)
{
    kstrlcpy(to, test.client.why != NULL ? test.client.why : "", size);
}

int hosted_rfb_key(uint64_t number, uint64_t down)
{
    return rfb_client_key(&test.client, (unsigned)number, down != 0);
}

int hosted_rfb_pointer(uint64_t x, uint64_t y, uint64_t buttons)
{
    return rfb_client_pointer(&test.client, (unsigned)x, (unsigned)y, (unsigned)buttons);
}

int hosted_key_number(uint64_t linux_code)
{
    return (int)key_number((unsigned)linux_code);
}
