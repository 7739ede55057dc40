/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* The VGA BIOS. Facts: VESA BIOS Extension Core Functions 3.0. */
#ifndef VGA_H
#define VGA_H

#include "guest.h"

#define VBE_OK     0x004f
#define VBE_LINEAR 0x4000 /* with a mode's number: by its linear frame buffer */

struct __attribute__((packed)) vbe_mode {
    uint16_t attributes;
    uint8_t windows[14];
    uint16_t pitch, width, height;
    uint8_t char_width, char_height, planes, bpp, banks, memory_model, bank_size, pages, reserved;
    uint8_t masks[9];
    uint32_t frame_buffer;
    uint8_t rest[212];
};

struct __attribute__((packed)) vbe_info {
    char signature[4];
    uint16_t version;
    uint32_t oem;
    uint32_t capabilities;
    uint16_t modes_offset, modes_segment;
    uint16_t memory_64k;
    uint8_t rest[492];
};

/* Calls the VGA BIOS with these registers, es:di pointing to the buffer; returns ax. */
uint16_t vga_bios(uint16_t ax, uint16_t bx, uint16_t cx, uint16_t dx, void *buffer);

/*
 * The list's mode of that size and depth with a linear frame buffer, described in *mode
 * (low_alloc); 0 if there is none.
 */
uint16_t vbe_find(const struct vbe_info *info, struct vbe_mode *mode, uint16_t width,
                  uint16_t height, uint8_t bpp);

#endif
