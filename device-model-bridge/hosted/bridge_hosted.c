/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries for the hosted tests (platform/hosted/hosted.h) beyond the system calls. Lists
 * of strings are one buffer of NUL-terminated strings after each other.
 */
#include "arguments/dm_argv.h"
#include "bridge.h"
#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"
#include "monitor/json.h"
#include "platform/hosted/hosted.h"

#define STRINGS_MAX 2048

HOSTED_API int64_t hosted_bridge_program(uint64_t args, uint64_t args_size, uint64_t out,
                                         uint64_t out_size);
HOSTED_API int64_t hosted_bridge_argv(uint64_t dm, uint64_t dm_size, uint64_t user,
                                      uint64_t user_size, uint64_t fds, uint64_t out);
HOSTED_API int64_t hosted_bridge_devices(uint64_t dm, uint64_t dm_size);
HOSTED_API int64_t hosted_bridge_json(uint64_t text, uint64_t size);
HOSTED_API int64_t hosted_bridge_ended(uint64_t status, uint64_t signo) __attribute__((noreturn));

static size_t split(const char *text, size_t size, const char **strings)
{
    size_t n = 0;

    for (size_t at = 0; at < size && n < STRINGS_MAX; at += strlen(text + at) + 1)
        strings[n++] = text + at;
    return n;
}

/* The strings into out (size bytes); how many bytes, or -ENOSPC. */
static int64_t join(char *const *strings, char *out, size_t size)
{
    size_t at = 0;

    for (; *strings != NULL; strings++) {
        size_t n = strlen(*strings) + 1;

        if (n > size - at)
            return -ENOSPC;
        memcpy(out + at, *strings, n);
        at += n;
    }
    return (int64_t)at;
}

/* bridge_program() for /usr/bin/qemu with the given manifest arguments; its argv goes to out. */
int64_t hosted_bridge_program(uint64_t args, uint64_t args_size, uint64_t out, uint64_t out_size)
{
    static const char *strings[STRINGS_MAX];
    struct bridge_manifest m = {.program = "/usr/bin/qemu", .args = strings};
    char **argv, **envp;
    int rc;

    m.nargs = split((const char *)(uintptr_t)args, args_size, strings);
    rc = bridge_program(&m, &argv, &envp);
    return rc < 0 ? rc : join(argv, (char *)(uintptr_t)out, out_size);
}

/*
 * dm_argv_build(); fds: save_fd in the low, restore_fd in the high 32 bits. out has room for 512
 * KiB and gets argv, or on -EINVAL and -E2BIG the reason.
 */
int64_t hosted_bridge_argv(uint64_t dm, uint64_t dm_size, uint64_t user, uint64_t user_size,
                           uint64_t fds, uint64_t out)
{
    static const char *dm_strings[STRINGS_MAX], *user_strings[STRINGS_MAX];
    struct dm_argv_input in = {
        .program = "/usr/bin/qemu",
        .dm_args = dm_strings,
        .user_args = user_strings,
        .save_fd = (int32_t)fds,
        .restore_fd = (int32_t)(fds >> 32),
    };
    const char *why = "";
    int64_t n;
    char **argv;
    int rc;

    in.n_dm_args = split((const char *)(uintptr_t)dm, dm_size, dm_strings);
    in.n_user_args = split((const char *)(uintptr_t)user, user_size, user_strings);
    rc = dm_argv_build(&in, &argv, &why);
    if (rc < 0) {
        kstrlcpy((char *)(uintptr_t)out, why, 512);
        return rc;
    }
    n = join(argv, (char *)(uintptr_t)out, (size_t)512 << 10);
    kfree(argv);
    return n;
}

/*
 * dm_argv_devices(): disks in the lowest, NICs in the next byte, those that queue in the third,
 * and the MiB of video memory above.
 */
int64_t hosted_bridge_devices(uint64_t dm, uint64_t dm_size)
{
    static const char *strings[STRINGS_MAX];
    struct dm_argv_input in = {.dm_args = strings};
    struct dm_argv_devices devices;

    in.n_dm_args = split((const char *)(uintptr_t)dm, dm_size, strings);
    devices = dm_argv_devices(&in);
    return (int64_t)devices.disks | (int64_t)devices.nics << 8 | (int64_t)devices.queueing << 16 |
           (int64_t)devices.video_mib << 24;
}

/* 1 when the text is a well-formed object, as far as a QMP command may go. */
int64_t hosted_bridge_json(uint64_t text, uint64_t size)
{
    return json_is_object((struct json_span){(const char *)(uintptr_t)text, size});
}

int64_t hosted_bridge_ended(uint64_t status, uint64_t signo)
{
    bridge_program_ended((int)status, (int)signo);
}
