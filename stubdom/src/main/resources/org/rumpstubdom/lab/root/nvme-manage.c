/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * nvme-manage DEVICE CONTROLLER RESOURCE ACTION NUMBER: a Virtualization Management command for an
 * NVMe disk (NVM Express Base Specification); dom0 has no other program that sends one. Ends with
 * 1, and says why, when the disk refuses.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define VIRTUALIZATION_MANAGEMENT 0x1c

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 0);
}

int main(int argc, char **argv)
{
    struct nvme_admin_cmd command = {.opcode = VIRTUALIZATION_MANAGEMENT};
    int disk, rc;

    if (argc != 6) {
        fprintf(stderr, "usage: nvme-manage DEVICE CONTROLLER RESOURCE ACTION NUMBER\n");
        return 2;
    }
    disk = open(argv[1], O_RDONLY);
    if (disk < 0) {
        fprintf(stderr, "nvme-manage: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    command.cdw10 = number(argv[2]) << 16 | number(argv[3]) << 8 | number(argv[4]);
    command.cdw11 = number(argv[5]);
    rc = ioctl(disk, NVME_IOCTL_ADMIN_CMD, &command);
    if (rc == 0)
        return 0;
    /* Above 0 it is the disk's own status. */
    if (rc < 0)
        fprintf(stderr, "nvme-manage: %s: %s\n", argv[1], strerror(errno));
    else
        fprintf(stderr, "nvme-manage: %s: refused with status %#x\n", argv[1], (unsigned)rc);
    return 1;
}
