/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The frontend of the PV framebuffer: pixels in pages of ours, and the events that tell of them. */
#include "display/pv_framebuffer.h"

#include "core/budget.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "display/display_link.h"
#include "xenbus/ring.h"

#include <xen/io/fbif.h>

#define BYTES_PER_PIXEL 4u
#define DEPTH           32

/* A page of the page directory names so many pages of pixels. */
#define PER_DIRECTORY (PLAT_PAGE_SIZE / sizeof(unsigned long))

/* Before QEMU says anything; its own picture begins like this, too. */
#define FIRST_WIDTH  640u
#define FIRST_HEIGHT 480u

static struct framebuffer {
    struct display_link link;
    struct xenbus_driver driver;
    void (*event)(void);

    char **pages; /* of pixels */
    size_t n_pages;
    unsigned long **directory;
    size_t n_directory;

    unsigned width, height;
    bool resizes;    /* the backend follows changes of the size */
    bool resize_due; /* to be told */
    bool changed;    /* as is this: a rectangle around all changes */
    unsigned left, top, right, bottom;
    uint32_t in_cons, out_prod; /* our own indexes: the shared ones are only told, never asked */
} fb;

/* ---- events ---------------------------------------------------------------------------------- */

static struct xenfb_page *shared(void)
{
    return fb.link.page;
}

static void discard_changes(void)
{
    fb.resize_due = fb.changed = false;
}

/* Room for an event in the backend's ring? */
static bool ring_has_room(void)
{
    uint32_t used = fb.out_prod - __atomic_load_n(&shared()->out_cons, __ATOMIC_ACQUIRE);

    if (used > XENFB_OUT_RING_LEN) {
        display_link_broken(&fb.link, "output");
        return false;
    }
    return used < XENFB_OUT_RING_LEN;
}

static void send_event(const union xenfb_out_event *event)
{
    XENFB_OUT_RING_REF(shared(), fb.out_prod) = *event;
    fb.out_prod++;
    __atomic_store_n(&shared()->out_prod, fb.out_prod, __ATOMIC_RELEASE);
    (void)plat_evtchn_notify(fb.link.port);
}

/* What the backend does not know yet, as far as there is room in its ring. */
void pv_framebuffer_tell(void)
{
    union xenfb_out_event event;

    if (!fb.link.connected || fb.link.broken)
        return;
    if (fb.resize_due && ring_has_room()) {
        memset(&event, 0, sizeof(event));
        event.resize = (struct xenfb_resize){
            .type = XENFB_TYPE_RESIZE,
            .width = (int32_t)fb.width,
            .height = (int32_t)fb.height,
            .stride = (int32_t)(fb.width * BYTES_PER_PIXEL),
            .depth = DEPTH,
        };
        send_event(&event);
        fb.resize_due = false;
    }
    if (fb.changed && !fb.resize_due && ring_has_room()) {
        memset(&event, 0, sizeof(event));
        event.update = (struct xenfb_update){
            .type = XENFB_TYPE_UPDATE,
            .x = (int32_t)fb.left,
            .y = (int32_t)fb.top,
            .width = (int32_t)(fb.right - fb.left),
            .height = (int32_t)(fb.bottom - fb.top),
        };
        send_event(&event);
        fb.changed = false;
    }
}

/* Of what the backend may send we need nothing: QEMU paces its updates itself. */
static void drain_input(void)
{
    uint32_t prod = __atomic_load_n(&shared()->in_prod, __ATOMIC_ACQUIRE);

    if (prod - fb.in_cons > XENFB_IN_RING_LEN) {
        display_link_broken(&fb.link, "input");
        return;
    }
    fb.in_cons = prod;
    __atomic_store_n(&shared()->in_cons, prod, __ATOMIC_RELEASE);
}

static void on_event(struct display_link *l)
{
    if (l->connected && !l->broken) {
        drain_input();
        pv_framebuffer_tell();
    }
    fb.event();
}

/* ---- memory ---------------------------------------------------------------------------------- */

static int acquire_pages(void)
{
    size_t wanted = budget_pixel_pages(),
           directories = (wanted + PER_DIRECTORY - 1) / PER_DIRECTORY;

    if (fb.pages != NULL)
        return 0;
    fb.pages = kzalloc(wanted * sizeof(*fb.pages), MEM_BRIDGE);
    fb.directory = kzalloc(directories * sizeof(*fb.directory), MEM_BRIDGE);
    if (fb.pages == NULL || fb.directory == NULL)
        goto failed;
    for (; fb.n_directory < directories; fb.n_directory++) {
        fb.directory[fb.n_directory] = page_alloc_zeroed(MEM_BRIDGE);
        if (fb.directory[fb.n_directory] == NULL)
            goto failed;
    }
    for (; fb.n_pages < wanted; fb.n_pages++) {
        size_t n = fb.n_pages;

        fb.pages[n] = page_alloc_zeroed(MEM_BRIDGE);
        if (fb.pages[n] == NULL)
            goto failed;
        fb.directory[n / PER_DIRECTORY][n % PER_DIRECTORY] = plat_page_gfn(fb.pages[n]);
    }
    return 0;
failed:
    while (fb.n_pages > 0)
        pages_free(fb.pages[--fb.n_pages], 0, MEM_BRIDGE);
    while (fb.n_directory > 0)
        pages_free(fb.directory[--fb.n_directory], 0, MEM_BRIDGE);
    kfree(fb.pages);
    kfree(fb.directory);
    fb.pages = NULL;
    fb.directory = NULL;
    return -ENOMEM;
}

/* Bytes from a place in the picture's memory to the end of the page it is in, at most n. */
static size_t in_page(size_t offset, size_t n)
{
    size_t left = PLAT_PAGE_SIZE - (offset & (PLAT_PAGE_SIZE - 1));

    return n < left ? n : left;
}

static char *at_offset(size_t offset)
{
    return fb.pages[offset >> PLAT_PAGE_SHIFT] + (offset & (PLAT_PAGE_SIZE - 1));
}

static void write_bytes(size_t offset, const void *bytes, size_t n)
{
    const char *from = bytes;

    while (n > 0) {
        size_t part = in_page(offset, n);

        memcpy(at_offset(offset), from, part);
        offset += part;
        from += part;
        n -= part;
    }
}

/* Pixels are aligned, so none lies across the border of a page. */
static void fill_pixels(size_t offset, size_t pixels, uint32_t pixel)
{
    while (pixels > 0) {
        size_t part = in_page(offset, pixels * BYTES_PER_PIXEL) / BYTES_PER_PIXEL;
        uint32_t *to = (uint32_t *)(void *)at_offset(offset);

        for (size_t i = 0; i < part; i++)
            to[i] = pixel;
        offset += part * BYTES_PER_PIXEL;
        pixels -= part;
    }
}

/* ---- the device ------------------------------------------------------------------------------ */

static int offer(struct display_link *l)
{
    struct xenfb_page *page = l->page;
    int rc = acquire_pages();

    if (rc < 0) {
        log_error("vfb: no memory for the picture: raise stubdomain_memory, or set vnc=0");
        return rc;
    }
    fb.resizes = xenbus_backend_number(&l->dev, "feature-resize", 0) != 0;
    fb.in_cons = fb.out_prod = 0;
    discard_changes();
    if (fb.width == 0) {
        fb.width = FIRST_WIDTH;
        fb.height = FIRST_HEIGHT;
    }
    memset(page, 0, PLAT_PAGE_SIZE);
    page->width = (int32_t)fb.width;
    page->height = (int32_t)fb.height;
    page->line_length = fb.width * BYTES_PER_PIXEL;
    page->mem_length = (uint32_t)(fb.n_pages << PLAT_PAGE_SHIFT);
    page->depth = DEPTH;
    for (size_t i = 0; i < fb.n_directory; i++)
        page->pd[i] = plat_page_gfn(fb.directory[i]);
    rc = xenbus_write(&l->dev, "protocol", "%s", "x86_64-abi");
    return rc == 0 ? xenbus_write(&l->dev, "feature-update", "%d", 1) : rc;
}

static const struct display_link_ops link_ops = {.offer = offer, .event = on_event};

int pv_framebuffer_start(void (*event)(void))
{
    fb.event = event;
    return display_link_start(&fb.link, &fb.driver, "vfb", &link_ops);
}

bool pv_framebuffer_connected(void)
{
    return fb.link.connected && !fb.link.broken;
}

size_t pv_framebuffer_room(void)
{
    return fb.n_pages << PLAT_PAGE_SHIFT;
}

int pv_framebuffer_resize(unsigned width, unsigned height)
{
    if ((uint64_t)width * height * BYTES_PER_PIXEL > pv_framebuffer_room())
        return -ENOSPC;
    if (width == fb.width && height == fb.height)
        return 0;
    if (!fb.resizes)
        return -EOPNOTSUPP;
    fb.width = width;
    fb.height = height;
    fb.resize_due = true;
    fb.changed = false;
    fill_pixels(0, (size_t)width * height, 0);
    pv_framebuffer_changed(0, 0, width, height);
    return 0;
}

void pv_framebuffer_write(unsigned y, size_t at, const uint8_t *bytes, size_t n)
{
    write_bytes((size_t)y * fb.width * BYTES_PER_PIXEL + at, bytes, n);
}

void pv_framebuffer_fill(unsigned x, unsigned y, unsigned width, unsigned height, uint32_t pixel)
{
    for (unsigned row = y; row < y + height; row++)
        fill_pixels(((size_t)row * fb.width + x) * BYTES_PER_PIXEL, width, pixel);
}

void pv_framebuffer_changed(unsigned x, unsigned y, unsigned width, unsigned height)
{
    if (!fb.changed) {
        fb.left = x;
        fb.top = y;
        fb.right = x + width;
        fb.bottom = y + height;
    } else {
        fb.left = x < fb.left ? x : fb.left;
        fb.top = y < fb.top ? y : fb.top;
        fb.right = x + width > fb.right ? x + width : fb.right;
        fb.bottom = y + height > fb.bottom ? y + height : fb.bottom;
    }
    fb.changed = true;
}
