/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The requests of terminal lines that programs make of any serial port. */
#include "console/tty.h"

#include "core/errno.h"
#include "core/string.h"
#include "linux/uaccess.h"

/* Request numbers and bits of <asm-generic/ioctls.h> and <asm-generic/termbits.h>. */
#define TCSBRK   0x5409u
#define TCXONC   0x540au
#define TCFLSH   0x540bu
#define TCSBRKP  0x5425u
#define TIOCOUTQ 0x5411u
#define TIOCMGET 0x5415u
#define TIOCMBIS 0x5416u
#define TIOCMBIC 0x5417u
#define TIOCMSET 0x5418u

#define TIOCM_DTR 0x002u
#define TIOCM_RTS 0x004u
#define TIOCM_CTS 0x020u
#define TIOCM_CAR 0x040u
#define TIOCM_DSR 0x100u

#define TTY_B115200 0x1002u
#define TTY_CS8     0x0030u
#define TTY_CREAD   0x0080u
#define TTY_CLOCAL  0x0800u

void tty_init(struct linux_termios *settings)
{
    memset(settings, 0, sizeof(*settings));
    settings->c_cflag = TTY_B115200 | TTY_CS8 | TTY_CREAD | TTY_CLOCAL;
}

long tty_ioctl(struct linux_termios *settings, unsigned long request, unsigned long arg)
{
    switch ((uint32_t)request) {
    case TCGETS:
        return copy_to_user(arg, settings, sizeof(*settings));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return copy_from_user(settings, arg, sizeof(*settings));
    case TIOCMGET:
        return put_user_u32(arg, TIOCM_DTR | TIOCM_RTS | TIOCM_CTS | TIOCM_CAR | TIOCM_DSR);
    case TIOCOUTQ:
        return put_user_u32(arg, 0);
    case TIOCGWINSZ:
        return clear_user(arg, sizeof(struct linux_winsize));
    case TIOCMBIS:
    case TIOCMBIC:
    case TIOCMSET:
    case TCSBRK:
    case TCSBRKP:
    case TCXONC:
    case TCFLSH:
        return 0;
    default:
        return -ENOTTY;
    }
}
