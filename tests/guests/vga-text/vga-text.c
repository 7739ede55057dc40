/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * vga-text: the emulated VGA shows text, switches to graphics and comes back.
 *
 *  - text mode 3: cells written at 0xb8000 read back, also as the VGA BIOS reads them at the cursor
 *  - attribute and character of a teletype output are where they belong
 *  - VBE: information block, a mode of 640x480 with a linear frame buffer (32 bits, or 16 where
 *    that is all there is, as with Cirrus); words written to its first and last lines read back;
 *    the Bochs registers (when present) name an interface version and the mode
 *  - back in mode 3 the cells work again
 * Few accesses on purpose: each access to the text window is a trip to the device model.
 */

#include "vga.h"

const char test_name[] = "vga-text";
const char test_title[] = "VGA text mode, VBE mode with linear frame buffer, and back";

#define TEXT             0xb8000u
#define COLUMNS          80
#define WIDTH            640
#define HEIGHT           480
#define DISPI_INDEX      0x1ce
#define DISPI_DATA       0x1cf
#define MODE_KEEP_MEMORY 0x8000

static volatile uint16_t *cell(unsigned row, unsigned column)
{
    return (volatile uint16_t *)phys(TEXT) + row * COLUMNS + column;
}

static void text_mode(const char *when)
{
    vga_bios(0x0003, 0, 0, 0, NULL);
    check((vga_bios(0x0f00, 0, 0, 0, NULL) & 0xff) == 3, "%s: the BIOS does not report mode 3",
          when);

    static const uint8_t rows[] = {0, 1, 12, 24};
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        for (unsigned c = 0; c < COLUMNS; c += 13)
            *cell(rows[i], c) = (uint16_t)(0x1700 + (i << 4) + c);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        for (unsigned c = 0; c < COLUMNS; c += 13) {
            uint16_t v = *cell(rows[i], c), want = (uint16_t)(0x1700 + (i << 4) + c);
            check(v == want, "%s: row %u column %u: %04x, %04x written", when, rows[i], c, v, want);
        }

    /* Cursor to row 5, column 7; write 'X' there by the BIOS, read it from memory ... */
    vga_bios(0x0200, 0, 0, 5 << 8 | 7, NULL);
    vga_bios(0x0900 | 'X', 0x1e, 1, 0, NULL);
    check(*cell(5, 7) == (0x1e00 | 'X'), "%s: the BIOS' character reads %04x", when, *cell(5, 7));
    /* ... and write to memory, read by the BIOS. */
    *cell(5, 7) = 0x4f00 | 'Y';
    uint16_t seen = vga_bios(0x0800, 0, 0, 0, NULL);
    check(seen == (0x4f00 | 'Y'), "%s: the BIOS reads %04x", when, seen);
}

static uint16_t dispi(uint16_t index)
{
    outw(DISPI_INDEX, index);
    return inw(DISPI_DATA);
}

static void frame_buffer(const struct vbe_mode *mode)
{
    static const unsigned lines[] = {0, 1, HEIGHT / 2, HEIGHT - 1};
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
            for (unsigned x = 0; x < WIDTH * mode->bpp / 32u; x++) {
                uint32_t at = mode->frame_buffer + lines[i] * mode->pitch + x * 4;
                uint32_t colour = lines[i] << 12 ^ x * 0x010305;
                if (pass == 0) {
                    mmio_write32(at, colour);
                } else if (mmio_read32(at) != colour) {
                    check(false, "frame buffer: line %u, word %u: %08x, %08x written", lines[i], x,
                          mmio_read32(at), colour);
                    return;
                }
            }
    check(true, "frame buffer");
}

void test_main(void)
{
    struct pci_dev vga;
    if (!pci_find_class(0x030000, 0xffff00, 0, &vga))
        test_skip("no VGA");
    note("VGA %04x:%04x", vga.vendor, vga.device);
    text_mode("first");

    struct vbe_info *info = low_alloc(sizeof(*info));
    struct vbe_mode *mode = low_alloc(sizeof(*mode));
    memcpy(info->signature, "VBE2", 4);
    if (!check(vga_bios(0x4f00, 0, 0, 0, info) == VBE_OK && memcmp(info->signature, "VESA", 4) == 0,
               "no VESA BIOS extension"))
        return;
    note("VBE %x.%x, %u KiB", info->version >> 8, info->version & 0xff, info->memory_64k * 64);
    uint16_t number = vbe_find(info, mode, WIDTH, HEIGHT, 32);
    if (!number) /* Cirrus */
        number = vbe_find(info, mode, WIDTH, HEIGHT, 16);
    if (!check(number, "no mode of 640x480 with a linear frame buffer"))
        return;
    note("mode %x, %u bits, frame buffer at %x, %u bytes a line", number, mode->bpp,
         mode->frame_buffer, mode->pitch);
    check(mode->frame_buffer == pci_bar(&vga, 0), "the frame buffer is not where PCI has it: %x",
          pci_bar(&vga, 0));
    check(vga_bios(0x4f02, number | VBE_LINEAR | MODE_KEEP_MEMORY, 0, 0, NULL) == VBE_OK,
          "the mode cannot be set");
    uint16_t id = dispi(0);
    if ((id & 0xfff0) == 0xb0c0) {
        note("Bochs display interface %04x", id);
        check(dispi(1) == WIDTH && dispi(2) == HEIGHT && dispi(3) == 32 && (dispi(4) & 1),
              "the Bochs registers say %ux%ux%u, enable %x", dispi(1), dispi(2), dispi(3),
              dispi(4));
    } else {
        check(vga.vendor != 0x1234, "standard VGA without Bochs registers: %04x", id);
    }
    frame_buffer(mode);
    text_mode("afterwards");
}
