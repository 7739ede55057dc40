/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The door of the room: starts what the folders hold, and puts the device model's arguments
 * together.
 */
#include "bridge.h"

#include "arguments/dm_argv.h"
#include "console/pv_console.h"
#include "core/budget.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "dev-xen/xen_devices.h"
#include "display/picture.h"
#include "linux/abi.h"
#include "linux/file.h"
#include "linux/linux.h"
#include "monitor/vchan.h"
#include "passthrough/passthrough.h"
#include "platform/platform.h"
#include "xenstore/xenstore.h"

/* Descriptors the program finds open, besides 0 to 2: well away from those it opens itself. */
#define FIRST_STREAM_FD 10

/*
 * What QEMU takes of its address space for all but its cache of guest memory, when that space is
 * limited (NON_MCACHE_MEMORY_SIZE of its map cache).
 */
#define BESIDES_MAP_CACHE ((uint64_t)80 << 20)

#define MIB_PAGES (((size_t)1 << 20) / PLAT_PAGE_SIZE)

/*
 * QEMU at rest, and as it starts: some 6 to 12 MiB were seen without disks' and picture's part. It
 * keeps coroutines of its own accord, more where disks have queues.
 */
#define QEMU_PAGES       (12 * MIB_PAGES)
#define COROUTINES_PAGES MIB_PAGES
/* NetBSD's network buffers at their most, 2 MiB, and as much for connections. */
#define TCPIP_PAGES (4 * MIB_PAGES)

/* So long a device model that did not start is kept for the toolstack to ask why. */
#define REFUSE_NS UINT64_C(10000000000)

/*
 * The node that libxl waits for: device-model/<domid>/state of the guest, here by its relative
 * path.
 */
static char state_path[48];

int bridge_init(void)
{
    int rc = pv_console_init();

    if (rc < 0)
        return rc;
    xen_devices_register();
    qmp_vchan_init();
    return passthrough_init();
}

/*
 * Opens a console where the program will find it. The descriptor, or -1: the feature it serves is
 * off.
 */
static int open_stream(unsigned console, unsigned flags, const char *purpose)
{
    struct file *file;
    int fd, rc = pv_console_open(console, flags, &file);

    if (rc < 0) {
        log_warning("bridge: no console %u (%s): %s will not work", console, errno_name(rc),
                    purpose);
        return -1;
    }
    fd = fd_install(file, FIRST_STREAM_FD, false);
    if (fd < 0) {
        file_unref(file);
        log_warning("bridge: no descriptor for console %u: %s will not work", console, purpose);
        return -1;
    }
    return fd;
}

static bool is_restore(char *const *args, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(args[i], "-incoming") == 0)
            return true;
    }
    return false;
}

/* The environment as one block of its own. */
static char **copy_strings(const char *const *strings, size_t n)
{
    size_t bytes = (n + 1) * sizeof(char *);
    char **block, *text;

    for (size_t i = 0; i < n; i++)
        bytes += strlen(strings[i]) + 1;
    block = kmalloc(bytes, MEM_BRIDGE);
    if (block == NULL)
        return NULL;
    text = (char *)&block[n + 1];
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(strings[i]) + 1;

        block[i] = text;
        memcpy(text, strings[i], len);
        text += len;
    }
    block[n] = NULL;
    return block;
}

/*
 * The guest's picture, if the toolstack wants it: a guest without one still runs. The value of
 * -vnc.
 */
static const char *start_picture(void)
{
    int rc;

    if (!picture_wanted())
        return NULL;
    rc = picture_start();
    if (rc < 0)
        log_warning("bridge: the guest will have no picture (%s)", errno_name(rc));
    return rc < 0 ? NULL : PICTURE_VNC;
}

static void log_arguments(char *const *argv)
{
    static const char secret[] = "secret,";

    log_debug("bridge: the program's arguments:");
    for (; *argv != NULL; argv++)
        log_debug("bridge:   %s", strncmp(*argv, secret, sizeof(secret) - 1) == 0
                                      ? "secret,... (not shown)"
                                      : *argv);
}

/*
 * libxl waits half a minute for "running", and takes no other word for an answer; what it asks
 * next, by QMP, may be refused with a reason, which it prints. So a device model that did not start
 * says that it runs, and why it does not to the first who asks.
 */
static void tell_toolstack(const char *why)
{
    int rc = xs_write(XS_NO_TX, state_path, "running");

    if (rc < 0)
        log_error("bridge: cannot tell the toolstack of it (%s)", errno_name(rc));
    else if (!qmp_vchan_refuse(why, plat_monotonic() + REFUSE_NS))
        log_info("bridge: the toolstack has not asked for the reason");
}

/* The device model cannot be started, for a reason an administrator can mend. */
static void __attribute__((noreturn)) refuse(const char *why)
{
    log_error("bridge: the device model is not started: %s", why);
    tell_toolstack(why);
    plat_end(PLAT_END_CRASH);
}

/*
 * Decides the shares of memory. Returns the MiB that are missing for what the guest has: without
 * them it would end the domain by keeping its disks busy.
 */
static size_t share_memory(const struct dm_argv_input *in, unsigned own_nics)
{
    struct dm_argv_devices devices = dm_argv_devices(in);
    unsigned one_at_a_time = devices.disks - devices.queueing;
    struct budget_needs needs = {
        .program = QEMU_PAGES + (devices.queueing > 0 ? COROUTINES_PAGES : 0),
        .video = devices.video_mib * MIB_PAGES,
        .picture = picture_wanted(),
        .disks = devices.disks,
        .tcpip = own_nics > 0 ? TCPIP_PAGES : 0,
        .nics = devices.nics + own_nics,
        .requests = one_at_a_time + devices.queueing * BUDGET_BURST,
        .burst = devices.queueing > 0 ? BUDGET_BURST : 1,
    };
    size_t missing = budget_init(&needs) << PLAT_PAGE_SHIFT;

    return (missing + ((size_t)1 << 20) - 1) >> 20;
}

void bridge_disks(char (*letter)(uint32_t id))
{
    qmp_vchan_disks(letter);
}

int bridge_program(const struct bridge_manifest *manifest, char ***argv, char ***envp)
{
    const char *why = NULL;
    struct dm_argv_input in;
    char **dm_args, short_of[128];
    uint64_t target;
    size_t n, missing;
    int rc;

    rc = xs_read_u64(XS_NO_TX, "target", &target);
    if (rc < 0) {
        log_error("bridge: this domain has no target to be the device model of (%s)",
                  errno_name(rc));
        return rc;
    }
    plat_end_takes((plat_domid_t)target);
    ksnprintf(state_path, sizeof(state_path), "device-model/%u/state", (unsigned)target);
    rc = dm_argv_read((unsigned)target, &dm_args, &n);
    if (rc < 0) {
        log_error("bridge: no arguments for the device model of domain %u (%s)", (unsigned)target,
                  errno_name(rc));
        return rc;
    }
    log_limit_program();
    in = (struct dm_argv_input){
        .program = manifest->program,
        .dm_args = (const char *const *)dm_args,
        .n_dm_args = n,
        .user_args = manifest->args,
        .n_user_args = manifest->nargs,
    };
    missing = share_memory(&in, manifest->own_nics);
    linux_run_as_user(budget_map_cache_bytes() + BESIDES_MAP_CACHE);
    in.vnc = missing == 0 ? start_picture() : NULL;
    rc = qmp_vchan_start((unsigned)target, in.vnc != NULL);
    if (rc < 0) {
        log_error("bridge: cannot start the QMP server (%s)", errno_name(rc));
        goto out;
    }
    if (missing != 0) {
        ksnprintf(short_of, sizeof(short_of),
                  "its stub domain has too little memory for this guest's devices: give it %zu MiB "
                  "more, by stubdomain_memory",
                  missing);
        refuse(short_of);
    }
    in.save_fd = open_stream(PV_CONSOLE_SAVE, O_WRONLY, "saving the guest");
    in.restore_fd = is_restore(dm_args, n)
                        ? open_stream(PV_CONSOLE_RESTORE, O_RDONLY, "restoring the guest")
                        : -1;
    rc = dm_argv_build(&in, argv, &why);
    if (rc < 0)
        refuse(why != NULL ? why : "no memory for its arguments");
    *envp = copy_strings(manifest->env, manifest->nenv);
    if (*envp == NULL) {
        kfree(*argv);
        rc = -ENOMEM;
        goto out;
    }
    log_info("bridge: device model of domain %u, %zu arguments from the toolstack",
             (unsigned)target, n);
    log_arguments(*argv);
out:
    kfree(dm_args);
    return rc;
}

/* Has QEMU told libxl that it runs? */
static bool has_started(void)
{
    char *state;
    bool running;

    if (xs_read(XS_NO_TX, state_path, &state, NULL) < 0)
        return false;
    running = strcmp(state, "running") == 0;
    kfree(state);
    return running;
}

void bridge_program_ended(int status, int signo)
{
    char end[48], words[192], why[256];

    if (signo != 0)
        ksnprintf(end, sizeof(end), "was killed by signal %d", signo);
    else
        ksnprintf(end, sizeof(end), "ended with exit status %d", status);
    log_error("bridge: the device model %s; the guest cannot go on", end);
    if (state_path[0] != '\0' && !has_started()) {
        linux_last_words(words, sizeof(words));
        ksnprintf(why, sizeof(why), "the device model %s before it was ready%s%s", end,
                  words[0] != '\0' ? ": " : "", words);
        tell_toolstack(why);
    }
    plat_end(PLAT_END_CRASH);
}
