/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

#include "vga.h"

uint16_t vga_bios(uint16_t ax, uint16_t bx, uint16_t cx, uint16_t dx, void *buffer)
{
    struct bios_regs r = {
        .eax = ax,
        .ebx = bx,
        .ecx = cx,
        .edx = dx,
        .es = (uint16_t)((uintptr_t)buffer >> 4),
        .edi = (uintptr_t)buffer & 15,
    };
    bios_call(0x10, &r);
    return (uint16_t)r.eax;
}

uint16_t vbe_find(const struct vbe_info *info, struct vbe_mode *mode, uint16_t width,
                  uint16_t height, uint8_t bpp)
{
    const uint16_t *list = phys((uint32_t)info->modes_segment * 16 + info->modes_offset);
    for (unsigned i = 0; i < 200 && list[i] != 0xffff; i++) {
        if (vga_bios(0x4f01, 0, list[i], 0, mode) == VBE_OK && mode->width == width &&
            mode->height == height && mode->bpp == bpp && (mode->attributes & 0x81) == 0x81)
            return list[i];
    }
    return 0;
}
