/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Turns the arguments libxl means for its Linux stub domain into those of the QEMU in the image. */
#include "arguments/dm_argv.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "monitor/monitor.h"

/* libxl writes this literally after "-incoming" and expects the stub domain to know better. */
#define RESTORE_PLACEHOLDER "$STUBDOM_RESTORE_INCOMING_ARG"

#define AUDIO_ID "stubdom-audio"

/*
 * QEMU has a pool of worker threads, 64 of them unless told otherwise, for what would make it wait:
 * flushes, CD drives, and transfers with memory that is not aligned. A worker that waits in the
 * disk driver costs about 110 KiB of stacks, and more than eight add no speed: one virtual CPU runs
 * them, and the driver keeps what it is given on its ring.
 */
#define MAIN_LOOP "main-loop,id=main-loop,thread-pool-max=8"

/*
 * Disks are read and written without a worker: by io_submit(2), which QEMU uses only for files it
 * opens with O_DIRECT. Nothing is cached here either way; what the guest sees of its drive's write
 * cache is still decided by cache=writeback.
 */
#define NATIVE_AIO ",aio=native,cache.direct=on"
/* What libxl says of such a disk, among other things; the node's name ends with one letter. */
#define NODE  "file=/dev/xvd"
#define RAW   "format=host_device"
#define CACHE "cache=writeback"

/* Where Debian's packages put the firmware QEMU asks for by bare name. */
static const char *const firmware_dirs[] = {
    "/usr/share/qemu",
    "/usr/share/seabios",
    "/usr/lib/ipxe/qemu",
};

/* QEMU's devices that have an "audiodev" property. */
static const char *const sound_devices[] = {
    "AC97",       "ES1370",    "adlib",      "cs4231a", "gus",
    "hda-duplex", "hda-micro", "hda-output", "sb16",    "usb-audio",
};

/* Of a video adapter; QEMU takes no more than so many MiB. */
#define VIDEO_MEMORY  ",vgamem_mb="
#define VIDEO_MIB_MAX 256u

/* QEMU's disk controllers whose disks take more than one command at a time, by how they begin. */
static const char *const queueing_devices[] = {
    "ahci",
    "ich9-ahci",
    "lsi",
    "usb-uas",
};

/*
 * The vector is made in two passes over the same rules: the first (argv == NULL) only measures, the
 * second copies into the block that was allocated for it.
 */
struct sink {
    char **argv;
    char *text;
    size_t count, bytes;
};

static void emit2(struct sink *s, const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);

    if (s->argv != NULL) {
        s->argv[s->count] = s->text;
        memcpy(s->text, a, na);
        memcpy(s->text + na, b, nb);
        s->text[na + nb] = '\0';
        s->text += na + nb + 1;
    }
    s->count++;
    s->bytes += na + nb + 1;
}

static void emit(struct sink *s, const char *a)
{
    emit2(s, a, "");
}

static void emit_number(struct sink *s, const char *before, int n, const char *after)
{
    char text[64];

    ksnprintf(text, sizeof(text), "%s%d%s", before, n, after);
    emit(s, text);
}

/* QEMU takes options with one dash or two. */
static bool is_option(const char *arg, const char *name)
{
    if (arg[0] != '-')
        return false;
    arg += arg[1] == '-' ? 2 : 1;
    return strcmp(arg, name) == 0;
}

/* Is `arg` (the value of -device) a sound card that does not say which backend to use? */
static bool is_mute_sound_device(const char *arg)
{
    const char *comma = strchr(arg, ',');
    size_t len = comma != NULL ? (size_t)(comma - arg) : strlen(arg);

    if (strstr(arg, ",audiodev=") != NULL)
        return false;
    for (size_t i = 0; i < sizeof(sound_devices) / sizeof(sound_devices[0]); i++) {
        if (strlen(sound_devices[i]) == len && memcmp(sound_devices[i], arg, len) == 0)
            return true;
    }
    return false;
}

static bool wants_audiodev(const struct dm_argv_input *in)
{
    bool sound = false;

    for (size_t i = 0; i < in->n_dm_args; i++) {
        if (is_option(in->dm_args[i], "audiodev"))
            return false;
        if (i > 0 && is_option(in->dm_args[i - 1], "device") &&
            is_mute_sound_device(in->dm_args[i]))
            sound = true;
    }
    for (size_t i = 0; i < in->n_user_args; i++) {
        if (is_option(in->user_args[i], "audiodev"))
            return false;
    }
    return sound;
}

/* Does the value of -object name QEMU's main loop, of which there can be only one? */
static bool is_main_loop(const char *value)
{
    static const char type[] = "main-loop";
    char after;

    if (strncmp(value, "qom-type=", 9) == 0)
        value += 9;
    if (value[0] == '{')
        return strstr(value, "\"main-loop\"") != NULL;
    if (strncmp(value, type, sizeof(type) - 1) != 0)
        return false;
    after = value[sizeof(type) - 1];
    return after == '\0' || after == ',';
}

static bool has_main_loop(const char *const *args, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (is_option(args[i - 1], "object") && is_main_loop(args[i]))
            return true;
    }
    return false;
}

/*
 * A serial port on one of our consoles. QEMU would take the path for a terminal line with modem
 * control and look at its lines a hundred times a second when the guest cares for them; as a pipe
 * it just carries bytes.
 */
static bool is_console_path(const char *arg)
{
    static const char prefix[] = "/dev/hvc";
    uint64_t number;

    return strncmp(arg, prefix, sizeof(prefix) - 1) == 0 &&
           kparse_u64(arg + sizeof(prefix) - 1, 10, &number);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/*
 * Is `drive` (the value of -drive) a disk on one of our nodes, as libxl describes it? Its CD drives
 * have no cache=. A user's own words about the cache and the way of access are left alone.
 */
static bool is_plain_disk(const char *drive)
{
    bool file = false, raw = false, cache = false;

    while (*drive != '\0') {
        const char *comma = strchr(drive, ',');
        size_t len = comma != NULL ? (size_t)(comma - drive) : strlen(drive);

        if (begins(drive, "aio=") || begins(drive, "cache."))
            return false;
        file |= begins(drive, NODE) && len == strlen(NODE) + 1;
        raw |= begins(drive, RAW) && len == strlen(RAW);
        cache |= begins(drive, CACHE) && len == strlen(CACHE);
        drive += len + (comma != NULL);
    }
    return file && raw && cache;
}

/*
 * dom0's QEMU has the same option and has applied the layout to what its viewers typed: it sends
 * keys, not symbols. With a layout of its own QEMU would look for symbols.
 */
static bool is_layout(const struct dm_argv_input *in, size_t i)
{
    return in->vnc != NULL &&
           (is_option(in->dm_args[i], "k") || (i > 0 && is_option(in->dm_args[i - 1], "k")));
}

static void apply_rules(struct sink *s, const struct dm_argv_input *in)
{
    bool audio = wants_audiodev(in);

    emit(s, in->program);
    for (size_t i = 0; i < sizeof(firmware_dirs) / sizeof(firmware_dirs[0]); i++) {
        emit(s, "-L");
        emit(s, firmware_dirs[i]);
    }
    emit(s, "-chardev");
    emit(s, "pipe,id=stubdom-qmp,path=" QMP_MONITOR_PATH);
    emit(s, "-mon");
    emit(s, "chardev=stubdom-qmp,mode=control");
    if (!has_main_loop(in->dm_args, in->n_dm_args) &&
        !has_main_loop(in->user_args, in->n_user_args)) {
        emit(s, "-object");
        emit(s, MAIN_LOOP);
    }
    if (in->save_fd >= 0) {
        /* libxl saves to "/dev/fdset/1" and sends no descriptor to a stub domain. */
        emit(s, "-add-fd");
        emit_number(s, "fd=", in->save_fd, ",set=1");
    }
    if (in->vnc != NULL) {
        emit(s, "-vnc");
        emit(s, in->vnc);
    }
    if (audio) {
        /* A stub domain has nothing to play on; without this QEMU would look for something. */
        emit(s, "-audiodev");
        emit(s, "none,id=" AUDIO_ID);
    }
    for (size_t i = 0; i < in->n_dm_args; i++) {
        const char *arg = in->dm_args[i];
        const char *option = i > 0 ? in->dm_args[i - 1] : "";

        if (is_layout(in, i))
            continue;
        if (is_option(option, "incoming") && strcmp(arg, RESTORE_PLACEHOLDER) == 0)
            emit_number(s, "fd:", in->restore_fd, "");
        else if (audio && is_option(option, "device") && is_mute_sound_device(arg))
            emit2(s, arg, ",audiodev=" AUDIO_ID);
        else if (is_option(option, "serial") && is_console_path(arg))
            emit2(s, "pipe:", arg);
        else if (is_option(option, "drive") && is_plain_disk(arg))
            emit2(s, arg, NATIVE_AIO);
        else
            emit(s, arg);
    }
    for (size_t i = 0; i < in->n_user_args; i++)
        emit(s, in->user_args[i]);
}

/* The number after vgamem_mb= in the value of -device, as libxl gives it; 0: there is none. */
static unsigned video_mib(const char *device)
{
    const char *at = strstr(device, VIDEO_MEMORY);
    unsigned mib = 0;

    if (at == NULL)
        return 0;
    for (at += strlen(VIDEO_MEMORY); *at >= '0' && *at <= '9' && mib < VIDEO_MIB_MAX; at++)
        mib = mib * 10 + (unsigned)(*at - '0');
    return mib < VIDEO_MIB_MAX ? mib : VIDEO_MIB_MAX;
}

static bool has_queueing_device(const char *const *args, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        for (size_t k = 0; k < sizeof(queueing_devices) / sizeof(queueing_devices[0]); k++) {
            if (is_option(args[i - 1], "device") && begins(args[i], queueing_devices[k]))
                return true;
        }
    }
    return false;
}

/* libxl's own: its CD drives have names that begin with "ide-". */
static bool is_ide_drive(const char *drive)
{
    return strstr(drive, "if=ide") != NULL || strstr(drive, "id=ide-") != NULL;
}

static void count_devices(struct dm_argv_devices *all, const char *const *args, size_t n,
                          bool queueing)
{
    for (size_t i = 1; i < n; i++) {
        const char *option = args[i - 1], *value = args[i];

        if (is_option(option, "netdev"))
            all->nics++;
        if (is_option(option, "device") && video_mib(value) > all->video_mib)
            all->video_mib = video_mib(value);
        if (is_option(option, "drive")) {
            all->disks++;
            if (strstr(value, "if=scsi") != NULL || (queueing && !is_ide_drive(value)))
                all->queueing++;
        }
    }
}

struct dm_argv_devices dm_argv_devices(const struct dm_argv_input *in)
{
    bool queueing = has_queueing_device(in->dm_args, in->n_dm_args) ||
                    has_queueing_device(in->user_args, in->n_user_args);
    struct dm_argv_devices all = {0};

    count_devices(&all, in->dm_args, in->n_dm_args, queueing);
    count_devices(&all, in->user_args, in->n_user_args, queueing);
    return all;
}

static bool needs_restore(const struct dm_argv_input *in)
{
    for (size_t i = 1; i < in->n_dm_args; i++) {
        if (is_option(in->dm_args[i - 1], "incoming") &&
            strcmp(in->dm_args[i], RESTORE_PLACEHOLDER) == 0)
            return true;
    }
    return false;
}

int dm_argv_build(const struct dm_argv_input *in, char ***argv, const char **why)
{
    struct sink s = {0};
    size_t pointers;
    char *block;

    if (in->n_dm_args == 0) {
        *why = "no arguments from the toolstack";
        return -EINVAL;
    }
    if (needs_restore(in) && in->restore_fd < 0) {
        *why = "a restore was asked for, but there is no console 2 to read it from";
        return -EINVAL;
    }
    apply_rules(&s, in);
    if (s.count > DM_ARGV_MAX_ARGS || s.bytes > DM_ARGV_MAX_BYTES) {
        *why = "too many arguments";
        return -E2BIG;
    }
    pointers = (s.count + 1) * sizeof(char *);
    block = kmalloc(pointers + s.bytes, MEM_BRIDGE);
    if (block == NULL)
        return -ENOMEM;
    s = (struct sink){.argv = (char **)(void *)block, .text = block + pointers};
    apply_rules(&s, in);
    s.argv[s.count] = NULL;
    *argv = s.argv;
    return 0;
}
