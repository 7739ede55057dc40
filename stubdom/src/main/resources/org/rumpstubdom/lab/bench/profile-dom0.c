// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
//
// What a profile needs of dom0:
//
//   profile begin            a figure that dom0 measures begins
//   profile end              it is complete
//   profile guest            a guest has measured all it wanted to
//   profile pages DOMID...   says which of the machine's pages on standard input, a hexadecimal
//                            number in each line, are the PV domains' by Xen's own account:
//                            "page DOMID NUMBER" for each of them
//
// All but the last are marks for the emulator's plugin, see profile-plugin.c.
//
// Xen's public header domctl.h has the operation: a PV domain's own numbers of pages are the
// machine's, and of those that are not its own Xen says that the domain has none, and in its log,
// too. Each release has a number of its own for it; the part used here has been the same in all of
// those below.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define HYPERVISOR_DOMCTL       36
#define DOMCTL_GETPAGEFRAMEINFO 61
#define PAGE_TYPE               (0xfull << 28)
#define PAGE_OF_NOBODY          PAGE_TYPE
#define OLDEST_INTERFACE        0x13
#define NEWEST_INTERFACE        0x20

// The most that Xen tells of at a time.
#define AT_A_TIME  1024
#define MOST_PAGES (64 * AT_A_TIME)

struct hypercall {
    uint64_t op, arg[5];
};
#define IOCTL_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))

struct domctl {
    uint32_t cmd, interface_version;
    uint16_t domain, pad[3];
    union {
        struct {
            uint64_t count;
            uint64_t pages; // address of a uint64_t for each: its number, then its type
        } info;
        uint8_t room[128];
    } u;
};

// The same marks as in profile-plugin.c.
#define STRING_(x) #x
#define STRING(x)  STRING_(x)
#define MARK(number)                                                                        \
    __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00\n\t.long 0x52534200 + " STRING(number):: \
                         : "memory")
#define FIGURE 1
#define OPEN   2
#define CLOSE  3
#define END    4
#define GUEST  5

// Has Xen tell of a domain's pages, in the number of its release.
static int page_types(int device, uint16_t domain, uint64_t *pages, uint64_t count)
{
    static uint32_t version = OLDEST_INTERFACE;
    struct domctl d;
    struct hypercall h = {.op = HYPERVISOR_DOMCTL, .arg = {(uintptr_t)&d}};
    int rc;

    do {
        memset(&d, 0, sizeof(d));
        d.cmd = DOMCTL_GETPAGEFRAMEINFO;
        d.interface_version = version;
        d.domain = domain;
        d.u.info.count = count;
        d.u.info.pages = (uintptr_t)pages;
        rc = ioctl(device, IOCTL_HYPERCALL, &h);
    } while (rc < 0 && errno == EACCES && version++ < NEWEST_INTERFACE);
    return rc;
}

static int pages_of(int device, const char *domain, const uint64_t *pages, size_t count)
{
    static uint64_t types[AT_A_TIME];

    for (size_t at = 0; at < count; at += AT_A_TIME) {
        size_t some = count - at < AT_A_TIME ? count - at : AT_A_TIME;
        memcpy(types, pages + at, some * sizeof(*types));
        if (page_types(device, (uint16_t)strtoul(domain, NULL, 10), types, some) < 0)
            return -1;
        for (size_t i = 0; i < some; i++)
            if ((types[i] & PAGE_TYPE) != PAGE_OF_NOBODY)
                printf("page %s %llx\n", domain, (unsigned long long)pages[at + i]);
    }
    return 0;
}

static int pages(char **domains, int domain_count)
{
    static uint64_t asked[MOST_PAGES];
    size_t count = 0;
    unsigned long long page;
    int device = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

    if (device < 0)
        return -1;
    while (count < MOST_PAGES && scanf("%llx", &page) == 1)
        asked[count++] = page;
    for (int i = 0; i < domain_count; i++)
        if (pages_of(device, domains[i], asked, count) < 0)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "begin") == 0) {
        MARK(FIGURE);
        MARK(OPEN);
    } else if (argc == 2 && strcmp(argv[1], "end") == 0) {
        MARK(CLOSE);
        MARK(END);
    } else if (argc == 2 && strcmp(argv[1], "guest") == 0) {
        MARK(GUEST);
    } else if (argc > 2 && strcmp(argv[1], "pages") == 0) {
        if (pages(argv + 2, argc - 2) < 0) {
            dprintf(2, "profile: %s\n", strerror(errno));
            return 1;
        }
    } else {
        dprintf(2, "usage: profile begin | profile end | profile guest | profile pages DOMID...\n");
        return 2;
    }
    return 0;
}
