/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/* Strings, parameters, memory and PCI configuration of the micro-guests. */

#include "guest.h"

/* --- Strings (also called by the compiler) -------------------------------------------------- */

void *memcpy(void *dst, const void *src, size_t n)
{
    void *d = dst;
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n) : : "memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    if ((uintptr_t)dst <= (uintptr_t)src)
        return memcpy(dst, src, n);
    void *d = (uint8_t *)dst + n - 1;
    const void *s = (const uint8_t *)src + n - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    void *d = dst;
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

/* --- Parameters ----------------------------------------------------------------------------- */

extern const char param_sector[512];

bool param(const char *key, char *out, size_t size)
{
    size_t len = strlen(key);
    size_t i = 0;
    while (i < sizeof(param_sector) && param_sector[i]) {
        size_t end = i;
        while (end < sizeof(param_sector) && param_sector[end] && param_sector[end] != '\n')
            end++;
        if (end - i > len && memcmp(param_sector + i, key, len) == 0 &&
            param_sector[i + len] == '=') {
            size_t n = end - i - len - 1;
            if (n >= size)
                n = size - 1;
            memcpy(out, param_sector + i + len + 1, n);
            out[n] = 0;
            return true;
        }
        i = end + 1;
    }
    return false;
}

/* Parses a decimal or 0x number at *s and moves *s past it. */
static bool number(const char **s, uint32_t *out)
{
    const char *p = *s;
    uint32_t base = 10, v = 0;
    unsigned digits = 0;
    if (p[0] == '0' && p[1] == 'x') {
        base = 16;
        p += 2;
    }
    for (;; p++, digits++) {
        uint32_t d;
        if (*p >= '0' && *p <= '9')
            d = (uint32_t)(*p - '0');
        else if (base == 16 && *p >= 'a' && *p <= 'f')
            d = (uint32_t)(*p - 'a' + 10);
        else
            break;
        v = v * base + d;
    }
    *s = p;
    *out = v;
    return digits > 0;
}

uint32_t param_u32(const char *key, uint32_t dflt)
{
    char buf[32];
    const char *s = buf;
    uint32_t v;
    if (!param(key, buf, sizeof(buf)))
        return dflt;
    if (!number(&s, &v) || *s)
        test_error("parameter %s: not a number: %s", key, buf);
    return v;
}

uint32_t param_ip(const char *key, uint32_t dflt)
{
    char buf[32];
    const char *s = buf;
    uint32_t ip = 0;
    if (!param(key, buf, sizeof(buf)))
        return dflt;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t v;
        if (!number(&s, &v) || v > 255 || *s != (i < 3 ? '.' : '\0'))
            test_error("parameter %s: not an IPv4 address: %s", key, buf);
        ip = ip << 8 | v;
        s++;
    }
    return ip;
}

/* --- Memory --------------------------------------------------------------------------------- */

#define DMA_START 0x200000u
#define DMA_END   0x2000000u /* guests have at least 48 MiB */
#define LOW_START 0x80000u
#define LOW_END   0x90000u

static void *carve(uintptr_t *next, uintptr_t end, size_t size, size_t align)
{
    uintptr_t p = (*next + align - 1) & ~(uintptr_t)(align - 1);
    if (p > end || size > end - p)
        test_error("out of memory: %u bytes wanted", size);
    *next = p + size;
    return memset((void *)p, 0, size);
}

void *dma_alloc(size_t size, size_t align)
{
    static uintptr_t next = DMA_START;
    return carve(&next, DMA_END, size, align);
}

void *low_alloc(size_t size)
{
    static uintptr_t next = LOW_START;
    return carve(&next, LOW_END, size, 16);
}

/* --- PCI configuration ---------------------------------------------------------------------- */

#define PCI_ADDRESS 0xcf8
#define PCI_DATA    0xcfc

static void pci_select(const struct pci_dev *d, uint8_t reg)
{
    outl(PCI_ADDRESS, 0x80000000u | (uint32_t)d->dev << 11 | (uint32_t)d->fn << 8 | (reg & 0xfcu));
}

uint32_t pci_read32(const struct pci_dev *d, uint8_t reg)
{
    pci_select(d, reg);
    return inl(PCI_DATA);
}

uint16_t pci_read16(const struct pci_dev *d, uint8_t reg)
{
    pci_select(d, reg);
    return inw(PCI_DATA + (reg & 2));
}

uint8_t pci_read8(const struct pci_dev *d, uint8_t reg)
{
    pci_select(d, reg);
    return inb(PCI_DATA + (reg & 3));
}

void pci_write32(const struct pci_dev *d, uint8_t reg, uint32_t v)
{
    pci_select(d, reg);
    outl(PCI_DATA, v);
}

void pci_write16(const struct pci_dev *d, uint8_t reg, uint16_t v)
{
    pci_select(d, reg);
    outw(PCI_DATA + (reg & 2), v);
}

void pci_write8(const struct pci_dev *d, uint8_t reg, uint8_t v)
{
    pci_select(d, reg);
    outb(PCI_DATA + (reg & 3), v);
}

/* Calls match for each function of bus 0 and stops at the nth hit. */
static bool pci_scan(bool (*match)(const struct pci_dev *, uint32_t, uint32_t), uint32_t a,
                     uint32_t b, unsigned nth, struct pci_dev *out)
{
    for (uint8_t dev = 0; dev < 32; dev++) {
        unsigned functions = 1;
        for (uint8_t fn = 0; fn < functions; fn++) {
            struct pci_dev d = {.dev = dev, .fn = fn};
            uint32_t id = pci_read32(&d, 0);
            if ((id & 0xffff) == 0xffff)
                continue;
            if (fn == 0 && (pci_read8(&d, 0x0e) & 0x80))
                functions = 8;
            d.vendor = (uint16_t)id;
            d.device = (uint16_t)(id >> 16);
            if (match(&d, a, b) && nth-- == 0) {
                *out = d;
                return true;
            }
        }
    }
    return false;
}

static bool match_id(const struct pci_dev *d, uint32_t vendor, uint32_t device)
{
    return d->vendor == vendor && d->device == device;
}

static bool match_class(const struct pci_dev *d, uint32_t cls, uint32_t mask)
{
    return ((pci_read32(d, 0x08) >> 8) & mask) == cls;
}

bool pci_find_id(uint16_t vendor, uint16_t device, unsigned nth, struct pci_dev *out)
{
    return pci_scan(match_id, vendor, device, nth, out);
}

bool pci_find_class(uint32_t cls, uint32_t mask, unsigned nth, struct pci_dev *out)
{
    return pci_scan(match_class, cls, mask, nth, out);
}

uint32_t pci_bar(const struct pci_dev *d, unsigned n)
{
    uint32_t v = pci_read32(d, (uint8_t)(0x10 + 4 * n));
    return v & 1 ? v & ~3u : v & ~15u;
}

void pci_enable(const struct pci_dev *d)
{
    pci_write16(d, 0x04, pci_read16(d, 0x04) | 0x7);
}
