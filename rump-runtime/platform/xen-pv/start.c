/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* From the builder's hand-over (start_info, <xen/xen.h>) to the common boot sequence. */
#include "core/log.h"
#include "core/string.h"
#include "hypercall.h"
#include "pv.h"

struct start_info *pv_start_info;
static struct plat_boot_info boot_info;
static char cmdline[MAX_GUEST_CMDLINE];

void pv_start(struct start_info *si);

const struct plat_boot_info *plat_boot_info(void)
{
    return &boot_info;
}

static void read_start_info(const struct start_info *si)
{
    memcpy(cmdline, si->cmd_line, sizeof(cmdline));
    cmdline[sizeof(cmdline) - 1] = '\0';
    boot_info.cmdline = cmdline;
    boot_info.memory_pages = si->nr_pages;
    if (si->mod_len) {
        boot_info.ramdisk =
            si->flags & SIF_MOD_START_PFN ? pv_page(si->mod_start) : (const void *)si->mod_start;
        boot_info.ramdisk_size = si->mod_len;
    }
}

void pv_start(struct start_info *si)
{
    pv_start_info = si;
    read_start_info(si);
    /* The shared page first: time, and with it the log, comes from there. */
    if (xen_update_va_mapping((uintptr_t)&pv_shared_info,
                              si->shared_info | 0x63 /* present, writable, accessed, dirty */,
                              UVMF_INVLPG))
        plat_end(PLAT_END_CRASH);
    boot_info.entered = plat_monotonic();
    pv_console0_init();
    pv_traps_init();
    pv_paging_init();
    pv_enable_fsgsbase();
    pv_events_init();
    pv_time_init();
    pv_grants_init();
    stubdom_boot();
}
