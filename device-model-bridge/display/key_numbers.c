/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The table from Linux's key codes to scan codes of set 1. */
#include "display/key_numbers.h"

#include <stddef.h>
#include <stdint.h>

/* Up to here, the keys of the first PC keyboards, Linux took over the scan codes. */
#define SAME_UP_TO 83u

#define EXTENDED(scan_code) (0x80 | (scan_code))

static const uint8_t others[] = {
    [86] = 0x56,            /* the key beside the left shift key (102ND) */
    [87] = 0x57,            /* F11 */
    [88] = 0x58,            /* F12 */
    [89] = 0x73,            /* RO */
    [91] = 0x77,            /* HIRAGANA */
    [92] = 0x79,            /* HENKAN */
    [93] = 0x70,            /* KATAKANAHIRAGANA */
    [94] = 0x7b,            /* MUHENKAN */
    [96] = EXTENDED(0x1c),  /* KPENTER */
    [97] = EXTENDED(0x1d),  /* RIGHTCTRL */
    [98] = EXTENDED(0x35),  /* KPSLASH */
    [99] = 0x54,            /* SYSRQ: print screen */
    [100] = EXTENDED(0x38), /* RIGHTALT */
    [101] = 0x5b,           /* LINEFEED */
    [102] = EXTENDED(0x47), /* HOME */
    [103] = EXTENDED(0x48), /* UP */
    [104] = EXTENDED(0x49), /* PAGEUP */
    [105] = EXTENDED(0x4b), /* LEFT */
    [106] = EXTENDED(0x4d), /* RIGHT */
    [107] = EXTENDED(0x4f), /* END */
    [108] = EXTENDED(0x50), /* DOWN */
    [109] = EXTENDED(0x51), /* PAGEDOWN */
    [110] = EXTENDED(0x52), /* INSERT */
    [111] = EXTENDED(0x53), /* DELETE */
    [113] = EXTENDED(0x20), /* MUTE */
    [114] = EXTENDED(0x2e), /* VOLUMEDOWN */
    [115] = EXTENDED(0x30), /* VOLUMEUP */
    [116] = EXTENDED(0x5e), /* POWER */
    [117] = 0x59,           /* KPEQUAL */
    [119] = EXTENDED(0x46), /* PAUSE */
    [121] = 0x7e,           /* KPCOMMA */
    [122] = 0x72,           /* HANGEUL */
    [123] = 0x71,           /* HANJA */
    [124] = 0x7d,           /* YEN */
    [125] = EXTENDED(0x5b), /* LEFTMETA */
    [126] = EXTENDED(0x5c), /* RIGHTMETA */
    [127] = EXTENDED(0x5d), /* COMPOSE: menu */
    [128] = EXTENDED(0x68), /* STOP */
    [129] = EXTENDED(0x05), /* AGAIN */
    [130] = EXTENDED(0x06), /* PROPS */
    [131] = EXTENDED(0x07), /* UNDO */
    [132] = EXTENDED(0x0c), /* FRONT */
    [133] = EXTENDED(0x78), /* COPY */
    [134] = 0x64,           /* OPEN */
    [135] = 0x65,           /* PASTE */
    [136] = EXTENDED(0x41), /* FIND */
    [137] = EXTENDED(0x3c), /* CUT */
    [138] = EXTENDED(0x75), /* HELP */
    [139] = EXTENDED(0x1e), /* MENU */
    [140] = EXTENDED(0x21), /* CALC */
    [142] = EXTENDED(0x5f), /* SLEEP */
    [143] = EXTENDED(0x63), /* WAKEUP */
    [155] = EXTENDED(0x6c), /* MAIL */
    [156] = EXTENDED(0x66), /* BOOKMARKS */
    [157] = EXTENDED(0x6b), /* COMPUTER */
    [158] = EXTENDED(0x6a), /* BACK */
    [159] = EXTENDED(0x69), /* FORWARD */
    [163] = EXTENDED(0x19), /* NEXTSONG */
    [164] = EXTENDED(0x22), /* PLAYPAUSE */
    [165] = EXTENDED(0x10), /* PREVIOUSSONG */
    [166] = EXTENDED(0x24), /* STOPCD */
    [172] = EXTENDED(0x32), /* HOMEPAGE */
    [173] = EXTENDED(0x67), /* REFRESH */
    [226] = EXTENDED(0x6d), /* MEDIA */
};

unsigned key_number(unsigned linux_code)
{
    if (linux_code <= SAME_UP_TO)
        return linux_code;
    return linux_code < sizeof(others) ? others[linux_code] : 0;
}
