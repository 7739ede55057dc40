/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * seat: screen, keyboard and pointer for somebody who sits at a viewer's window.
 *
 * One line on the serial port is one order, answered by one DATA line "done=ORDER":
 *   text                  text mode 3 with cells in all colours, no cursor
 *   show WIDTH HEIGHT BITS  a VBE mode, filled with a picture
 *   box                   paints a small box, and the picture's last pixel
 *   scroll                moves the picture up
 *   say                   nothing: what the devices said before has been told
 *   off                   ends the guest
 * Between orders the picture does not change: nothing blinks.
 * What the devices say meanwhile is told as it comes:
 *   keys=...    bytes of the keyboard, translated to set 1, in hexadecimal
 *   mouse=...   bytes of the PS/2 mouse, which reports when there is no tablet
 *   tablet=BUTTONS,X,Y,WHEEL   a report of the USB tablet, in decimal
 */

#include "i8042.h"
#include "uhci.h"
#include "vga.h"

const char test_name[] = "seat";
const char test_title[] = "screen, keyboard and pointer, as ordered on the serial port";

#define TEXT          0xb8000u
#define CELLS         (80 * 25)
#define SCROLLED      16
#define REPORT        6
#define COMMAND_BYTE  0x40 /* translation to set 1, both ports on, no interrupts */
#define MOUSE_REPORTS 0xf4
#define DEVICE        1 /* the tablet's address */

/* --- Screen --------------------------------------------------------------------------------- */

static struct vbe_info *info;
static struct vbe_mode *mode;

static void text(void)
{
    static uint16_t cells[CELLS];
    vga_bios(0x0003, 0, 0, 0, NULL);
    vga_bios(0x0100, 0, 0x2000, 0, NULL); /* no cursor */
    /* All characters; all colours but those whose top bit makes them blink. */
    for (unsigned i = 0; i < CELLS; i++)
        cells[i] = (uint16_t)((i * 5 & 0x7f) << 8 | (i & 0xff));
    /* One instruction: Xen hands it to the device model as a whole and not cell by cell. */
    void *to = phys(TEXT);
    const void *from = cells;
    uint32_t n = CELLS;
    __asm__ volatile("rep movsw" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    check(*(volatile uint16_t *)phys(TEXT + 2 * 999) == cells[999], "text: %04x, %04x written",
          *(volatile uint16_t *)phys(TEXT + 2 * 999), cells[999]);
}

/* Four kinds of tiles, as far as an encoder is concerned: plain, shaded, striped, noise. */
static uint32_t colour(uint32_t x, uint32_t y)
{
    uint32_t tile = (x >> 6) * 31 + (y >> 6) * 17;
    switch (((x >> 6) + (y >> 6)) & 3) {
    case 0:
        return tile * 0x3b9f5d & 0xffffff;
    case 1:
        return (x << 2 & 0xff) << 16 | (y << 2 & 0xff) << 8 | (tile & 0xff);
    case 2:
        return ((x ^ y) & 4 ? 0xffffff : tile * 0x1f3d7) & 0xffffff;
    default:
        return ((x * 2654435761u ^ y * 2246822519u) * 3266489917u) >> 8;
    }
}

static void paint(uint32_t x, uint32_t y, uint32_t rgb)
{
    uint32_t at = mode->frame_buffer + y * mode->pitch + x * ((mode->bpp + 7u) / 8);
    switch (mode->bpp) {
    case 32:
        mmio_write32(at, rgb);
        break;
    case 24:
        *(volatile uint16_t *)phys(at) = (uint16_t)rgb;
        *(volatile uint8_t *)phys(at + 2) = (uint8_t)(rgb >> 16);
        break;
    default: /* 16: five, six and five bits */
        *(volatile uint16_t *)phys(at) =
            (uint16_t)((rgb >> 8 & 0xf800) | (rgb >> 5 & 0x07e0) | (rgb >> 3 & 0x001f));
    }
}

static bool show(uint16_t width, uint16_t height, uint8_t bits)
{
    uint16_t number = vbe_find(info, mode, width, height, bits);
    if (!check(number, "no mode %ux%ux%u", width, height, bits) ||
        !check(vga_bios(0x4f02, number | VBE_LINEAR, 0, 0, NULL) == VBE_OK, "mode %x cannot be set",
               number))
        return false;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            paint(x, y, colour(x, y));
    return true;
}

static void box(void)
{
    for (uint32_t y = 37; y < 61; y++)
        for (uint32_t x = 101; x < 164; x++)
            paint(x, y, ~colour(y, x) & 0xffffff);
    paint(mode->width - 1u, mode->height - 1u, 0xff8000);
}

static void scroll(void)
{
    memmove(phys(mode->frame_buffer), phys(mode->frame_buffer + SCROLLED * mode->pitch),
            (size_t)(mode->height - SCROLLED) * mode->pitch);
}

/* --- Keyboard and pointer ------------------------------------------------------------------- */

static unsigned endpoint, toggle;
static uint8_t *report;

static void open_tablet(void)
{
    uint8_t *buf = dma_alloc(256, 16);
    unsigned report_length = 0;
    uhci_reset_port();
    check(uhci_control(0x80, 6, 0x0100, 0, buf, 8), "device descriptor");
    uint8_t packet = buf[7];
    check(uhci_control(0x00, 5, DEVICE, 0, NULL, 0), "SET ADDRESS");
    uhci_address(DEVICE, packet);
    time_sleep(10);
    check(uhci_control(0x80, 6, 0x0200, 0, buf, 34), "configuration descriptor");
    endpoint = uhci_hid_endpoint(buf, 34, &report_length);
    check(endpoint, "no HID interface with an interrupt endpoint");
    check(uhci_control(0x00, 9, buf[5], 0, NULL, 0), "SET CONFIGURATION");
    report = dma_alloc(8, 16);
    uhci_post(endpoint, toggle, report, 8);
}

static void open_ps2(bool mouse)
{
    i8042_command(0x60);
    i8042_write(COMMAND_BYTE);
    i8042_command(0xae);
    i8042_command(0xa8);
    i8042_drain();
    if (mouse) {
        i8042_write_mouse(MOUSE_REPORTS);
        i8042_expect(I8042_ACK, "mouse on");
    }
}

static void tell_tablet(void)
{
    uint32_t status = uhci_posted();
    if (status & UHCI_ACTIVE)
        return;
    if (!check(!(status & UHCI_STALLED) && (status & 0x7ff) == REPORT - 1, "tablet: status %08x",
               status))
        test_done();
    data("tablet=%u,%u,%u,%d", report[0], report[1] | report[2] << 8, report[3] | report[4] << 8,
         (int8_t)report[5]);
    toggle ^= 1;
    uhci_post(endpoint, toggle, report, 8);
}

/* Tells what one of the two PS/2 devices has said since the last time. */
static void tell_ps2(const char *what, uint8_t from)
{
    static const char digits[] = "0123456789abcdef";
    char text[3 * 64 + 1];
    unsigned n = 0;
    for (; n + 2 < sizeof(text); n += 2) {
        uint8_t status = inb(I8042_STATUS);
        if (!(status & I8042_STATUS_OUT) || (status & I8042_STATUS_AUX) != from)
            break;
        uint8_t byte = inb(I8042_DATA);
        text[n] = digits[byte >> 4];
        text[n + 1] = digits[byte & 15];
    }
    text[n] = 0;
    if (n)
        data("%s=%s", what, text);
}

/* --- Orders --------------------------------------------------------------------------------- */

/* Takes one word off the line; true if it is this one. */
static bool is(const char **at, const char *word)
{
    size_t n = strlen(word);
    if (memcmp(*at, word, n) != 0 || ((*at)[n] != 0 && (*at)[n] != ' '))
        return false;
    *at += n;
    return true;
}

static uint32_t number(const char **at)
{
    uint32_t value = 0;
    while (**at == ' ')
        (*at)++;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        value = value * 10 + (uint32_t)(**at - '0');
    return value;
}

/* Returns false when the guest is to end. */
static bool obey(const char *line)
{
    const char *at = line;
    if (is(&at, "off"))
        return false;
    if (is(&at, "text")) {
        text();
    } else if (is(&at, "show")) {
        uint16_t width = (uint16_t)number(&at), height = (uint16_t)number(&at);
        if (!show(width, height, (uint8_t)number(&at)))
            return false;
    } else if (is(&at, "box")) {
        box();
    } else if (is(&at, "scroll")) {
        scroll();
    } else if (!is(&at, "say")) {
        test_error("no such order: %s", line);
    }
    data("done=%s", line);
    return true;
}

void test_main(void)
{
    info = low_alloc(sizeof(*info));
    mode = low_alloc(sizeof(*mode));
    memcpy(info->signature, "VBE2", 4);
    if (vga_bios(0x4f00, 0, 0, 0, info) != VBE_OK)
        test_error("no VESA BIOS extension");
    text();
    bool tablet = uhci_open();
    if (tablet)
        open_tablet();
    open_ps2(!tablet);
    note("ready");
    for (;;) {
        const char *line = console_line();
        if (line && !obey(line))
            break;
        if (tablet)
            tell_tablet();
        tell_ps2("keys", 0);
        tell_ps2("mouse", I8042_STATUS_AUX);
        cpu_wait();
    }
}
