/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Output and input on COM1 (16550A). Facts: National PC16550D data sheet. */

#include "guest.h"

#define UART_RBR 0
#define UART_THR 0
#define UART_DLL 0
#define UART_IER 1
#define UART_DLM 1
#define UART_FCR 2
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5

#define LCR_8N1   0x03
#define LCR_DLAB  0x80
#define LSR_DR    0x01
#define LSR_THRE  0x20
#define LSR_TEMT  0x40
#define FIFO_SIZE 16

/* Room left in the transmit FIFO: asking the line status for every byte would double the exits. */
static unsigned fifo_room;

void console_init(void)
{
    outb(COM1 + UART_IER, 0);
    outb(COM1 + UART_LCR, LCR_DLAB);
    outb(COM1 + UART_DLL, 1);
    outb(COM1 + UART_DLM, 0);
    outb(COM1 + UART_LCR, LCR_8N1);
    outb(COM1 + UART_FCR, 0x07); /* enable and clear both FIFOs */
    outb(COM1 + UART_MCR, 0x0b); /* DTR, RTS, OUT2 */
    fifo_room = 0;
}

static void console_putc(char c)
{
    if (fifo_room == 0) {
        while (!(inb(COM1 + UART_LSR) & LSR_THRE))
            __asm__ volatile("pause");
        fifo_room = FIFO_SIZE;
    }
    fifo_room--;
    outb(COM1 + UART_THR, (uint8_t)c);
}

void console_puts(const char *s)
{
    for (; *s; s++) {
        if (*s == '\n')
            console_putc('\r');
        console_putc(*s);
    }
}

void console_drain(void)
{
    while (!(inb(COM1 + UART_LSR) & LSR_TEMT))
        __asm__ volatile("pause");
    fifo_room = 0;
}

const char *console_line(void)
{
    static char line[40];
    static unsigned length;
    while (inb(COM1 + UART_LSR) & LSR_DR) {
        char c = (char)inb(COM1 + UART_RBR);
        if (c != '\n' && c != '\r') {
            if (length < sizeof(line) - 1)
                line[length++] = c;
        } else if (length > 0) {
            line[length] = 0;
            length = 0;
            return line;
        }
    }
    return NULL;
}

static void put_padded(const char *digits, unsigned len, unsigned width, char pad)
{
    for (; width > len; width--)
        console_putc(pad);
    for (unsigned i = 0; i < len; i++)
        console_putc(digits[i]);
}

static void put_number(uint64_t v, unsigned base, bool negative, unsigned width, char pad)
{
    char buf[24];
    unsigned n = sizeof(buf);
    if (base == 16) {
        do {
            buf[--n] = "0123456789abcdef"[v & 15];
            v >>= 4;
        } while (v);
    } else {
        uint32_t v32 = (uint32_t)v; /* 64-bit division would need a run-time library */
        do {
            buf[--n] = (char)('0' + v32 % 10);
            v32 /= 10;
        } while (v32);
    }
    if (negative)
        buf[--n] = '-';
    put_padded(buf + n, (unsigned)sizeof(buf) - n, width, pad);
}

void vprint(const char *fmt, va_list ap)
{
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            char one[2] = {*fmt, 0};
            console_puts(one);
            continue;
        }
        char pad = ' ';
        unsigned width = 0, longs = 0;
        fmt++;
        if (*fmt == '0') {
            pad = '0';
            fmt++;
        }
        for (; *fmt >= '0' && *fmt <= '9'; fmt++)
            width = width * 10 + (unsigned)(*fmt - '0');
        for (; *fmt == 'l'; fmt++)
            longs++;
        switch (*fmt) {
        case 's': {
            const char *s = va_arg(ap, const char *);
            put_padded(s, (unsigned)strlen(s), width, ' ');
            break;
        }
        case 'c':
            console_putc((char)va_arg(ap, int));
            break;
        case 'd': {
            int v = va_arg(ap, int);
            put_number(v < 0 ? 0u - (unsigned)v : (unsigned)v, 10, v < 0, width, pad);
            break;
        }
        case 'u':
            put_number(va_arg(ap, unsigned), 10, false, width, pad);
            break;
        case 'x':
            put_number(longs == 2 ? va_arg(ap, uint64_t) : va_arg(ap, unsigned), 16, false, width,
                       pad);
            break;
        case 'p':
            put_number((uintptr_t)va_arg(ap, void *), 16, false, 8, '0');
            break;
        case '%':
            console_putc('%');
            break;
        default: /* unknown: show it rather than lose the rest */
            console_putc('%');
            fmt--;
        }
    }
}

void print(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vprint(fmt, ap);
    va_end(ap);
}
