/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Addresses of PCI functions as text (pci_address.h). */
#include "passthrough/pci_address.h"

/* The largest values of the parts. */
#define DOMAIN_MAX   0xffffu
#define BUS_MAX      0xffu
#define DEVICE_MAX   0x1fu
#define FUNCTION_MAX 7u

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One hexadecimal number of at least one digit, at most max; *text moves behind it. */
static bool number(const char **text, uint32_t max, uint32_t *value)
{
    const char *p = *text;

    *value = 0;
    for (; digit(*p) >= 0; p++) {
        *value = *value << 4 | (uint32_t)digit(*p);
        if (*value > max)
            return false;
    }
    if (p == *text)
        return false;
    *text = p;
    return true;
}

static bool separator(const char **text, char c)
{
    return *(*text)++ == c;
}

bool pci_address_parse(const char *text, struct pci_address *a, const char **end)
{
    uint32_t device, function;

    if (!number(&text, DOMAIN_MAX, &a->domain) || !separator(&text, ':') ||
        !number(&text, BUS_MAX, &a->bus) || !separator(&text, ':') ||
        !number(&text, DEVICE_MAX, &device) || !separator(&text, '.') ||
        !number(&text, FUNCTION_MAX, &function))
        return false;
    a->devfn = device << 3 | function;
    *end = text;
    return true;
}

bool pci_address_equal(const struct pci_address *a, const struct pci_address *b)
{
    return a->domain == b->domain && a->bus == b->bus && a->devfn == b->devfn;
}
