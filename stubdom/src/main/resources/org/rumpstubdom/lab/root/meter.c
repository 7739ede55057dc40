// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
//
// What measurements in the lab need of Xen and no tool of dom0's offers:
//
//   meter busy              processor time the host has spent so far, idle time not counted, in
//                           nanoseconds: with the counted clock, instructions
//   meter native-tsc DOMID  a domain reads the time-stamp counter without a trap from now on, as it
//                           does on a processor whose counter is invariant; the emulated one's is
//                           not
//
// Xen's public headers sysctl.h and domctl.h have the operations. Each release has a number of its
// own for them; the parts used here have been the same in all of those below.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define HYPERVISOR_SYSCTL 35
#define HYPERVISOR_DOMCTL 36
#define SYSCTL_GETCPUINFO 8
#define DOMCTL_SETTSCINFO 60
#define TSC_NEVER_EMULATE 2
#define OLDEST_INTERFACE  0x13
#define NEWEST_INTERFACE  0x20
#define MAX_CPUS          64

struct hypercall {
    uint64_t op, arg[5];
};
#define IOCTL_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))

struct sysctl {
    uint32_t cmd, interface_version;
    union {
        struct {
            uint32_t max_cpus, pad;
            uint64_t info; // address of a uint64_t for each processor: its idle nanoseconds
            uint32_t nr_cpus;
        } getcpuinfo;
        uint8_t room[128];
    } u;
};

struct domctl {
    uint32_t cmd, interface_version;
    uint16_t domain, pad[3];
    union {
        struct {
            uint32_t mode, khz, incarnation, pad;
            uint64_t elapsed;
        } tsc;
        uint8_t room[128];
    } u;
};

// Has Xen do it, in the number of its release; version: where that stands in the structure at op.
static int call(uint64_t number, void *op, uint32_t *version)
{
    int device = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    struct hypercall h = {.op = number, .arg = {(uintptr_t)op}};
    int rc = -1;

    if (device < 0)
        return -1;
    for (uint32_t v = OLDEST_INTERFACE; v <= NEWEST_INTERFACE; v++) {
        *version = v;
        rc = ioctl(device, IOCTL_HYPERCALL, &h);
        if (rc == 0 || errno != EACCES)
            break;
    }
    close(device);
    return rc;
}

static int busy(void)
{
    static uint64_t idle[MAX_CPUS];
    static struct sysctl s;
    struct timespec t;
    uint64_t now, sum = 0;

    s.cmd = SYSCTL_GETCPUINFO;
    s.u.getcpuinfo.max_cpus = MAX_CPUS;
    s.u.getcpuinfo.info = (uintptr_t)idle;
    memset(idle, 0, sizeof(idle)); // Xen does not fault pages in
    if (call(HYPERVISOR_SYSCTL, &s, &s.interface_version) < 0)
        return -1;
    clock_gettime(CLOCK_MONOTONIC, &t);
    now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    for (uint32_t i = 0; i < s.u.getcpuinfo.nr_cpus && i < MAX_CPUS; i++)
        sum += now - idle[i];
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}

static int native_tsc(const char *domain)
{
    static struct domctl d;

    d.cmd = DOMCTL_SETTSCINFO;
    d.domain = (uint16_t)strtoul(domain, NULL, 10);
    d.u.tsc.mode = TSC_NEVER_EMULATE;
    return call(HYPERVISOR_DOMCTL, &d, &d.interface_version);
}

int main(int argc, char **argv)
{
    int rc;

    if (argc == 2 && strcmp(argv[1], "busy") == 0) {
        rc = busy();
    } else if (argc == 3 && strcmp(argv[1], "native-tsc") == 0) {
        rc = native_tsc(argv[2]);
    } else {
        dprintf(2, "usage: meter busy | meter native-tsc DOMID\n");
        return 2;
    }
    if (rc < 0) {
        dprintf(2, "meter: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}
