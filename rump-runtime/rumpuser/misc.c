/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* misc.c - start, parameters, console, randomness and the end. */
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "rumpuser/internal.h"

static void no_context(void)
{
}

static void no_backend_unschedule(int nlocks, int *countp, void *interlock)
{
    (void)nlocks;
    (void)interlock;
    *countp = 0;
}

static void no_backend_schedule(int nlocks, void *interlock)
{
    (void)nlocks;
    (void)interlock;
}

static int no_newlwp(int pid)
{
    (void)pid;
    return 0;
}

/* Before rumpuser_init() there is no context to give up. */
struct rumpuser_hyperup rumpuser_hyp = {
    .hyp_schedule = no_context,
    .hyp_unschedule = no_context,
    .hyp_backend_unschedule = no_backend_unschedule,
    .hyp_backend_schedule = no_backend_schedule,
    .hyp_lwproc_newlwp = no_newlwp,
};

int rumpuser_init(int version, const struct rumpuser_hyperup *hyp)
{
    if (version != RUMPUSER_VERSION) {
        log_error("rump kernel wants hypercall version %d, this is version %d: link libraries of a "
                  "NetBSD release with version %d",
                  version, RUMPUSER_VERSION, RUMPUSER_VERSION);
        return RU_EPROGMISMATCH;
    }
    rumpuser_hyp = *hyp;
    return 0;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static int put_value(const char *value, size_t len, char *buf, size_t size)
{
    if (len >= size)
        return RU_E2BIG;
    memcpy(buf, value, len);
    buf[len] = '\0';
    return 0;
}

/* The value of the word "rump.<name>=value" of the command line. */
static const char *cmdline_value(const char *name, size_t *len)
{
    static const char prefix[] = "rump.";
    size_t namelen = strlen(name);

    for (const char *p = plat_boot_info()->cmdline; *p != '\0';) {
        const char *end = strchr(p, ' ');
        size_t wordlen = end == NULL ? strlen(p) : (size_t)(end - p);
        size_t skip = sizeof(prefix) - 1 + namelen;

        if (wordlen > skip && strncmp(p, prefix, sizeof(prefix) - 1) == 0 &&
            strncmp(p + sizeof(prefix) - 1, name, namelen) == 0 && p[skip] == '=') {
            *len = wordlen - skip - 1;
            return p + skip + 1;
        }
        p += wordlen;
        while (*p == ' ')
            p++;
    }
    return NULL;
}

int rumpuser_getparam(const char *name, void *buf, size_t size)
{
    char number[24];
    size_t len;
    const char *value = cmdline_value(name, &len);

    if (value != NULL)
        return put_value(value, len, buf, size);
    if (strcmp(name, RUMPUSER_PARAM_NCPU) == 0)
        return put_value("1", 1, buf, size);
    if (strcmp(name, RUMPUSER_PARAM_HOSTNAME) == 0)
        return put_value("stubdom", 7, buf, size);
    if (strcmp(name, "RUMP_MEMLIMIT") == 0) {
        /*
         * A quarter of the memory: the rest is the program's. NetBSD's buffer cache heeds it too.
         */
        int n = ksnprintf(number, sizeof(number), "%zu", pages_total() / 4 * PLAT_PAGE_SIZE);

        return put_value(number, (size_t)n, buf, size);
    }
    return RU_ENOENT;
}

/* ---- errno of the client --------------------------------------------------------------------- */

/*
 * One variable for all threads: the kernel sets it as the last thing of a call, the client reads it
 * as the first thing after, and threads do not switch in between.
 */
static int client_errno;

void rumpuser_seterrno(int error)
{
    client_errno = error;
}

int rumpuser_errno(void)
{
    return client_errno;
}

/* ---- console and randomness ------------------------------------------------------------------ */

void rumpuser_putchar(int c)
{
    char ch = (char)c;

    plat_console_write(&ch, 1);
}

void rumpuser_dprintf(const char *fmt, ...)
{
    char line[256];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = kvsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    plat_console_write(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

int rumpuser_getrandom(void *buf, size_t len, int flags, size_t *retp)
{
    (void)flags;
    plat_random(buf, len);
    *retp = len;
    return 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

int rumpuser_kill(int64_t pid, int sig)
{
    if (pid != RUMPUSER_PID_SELF)
        return RU_ESRCH;
    log_debug("rump kernel raised signal %d", sig);
    return 0;
}

void rumpuser_exit(int status)
{
    if (status == RUMPUSER_PANIC)
        panic("the rump kernel panicked, its message is above");
    log_info("rump kernel ended with status %d", status);
    plat_end(PLAT_END_POWEROFF);
}

int rumpuser_daemonize_begin(void)
{
    return RU_ENOSYS;
}

int rumpuser_daemonize_done(int error)
{
    (void)error;
    return RU_ENOSYS;
}

void rumpuser_dl_bootstrap(rump_modinit_fn domodinit, rump_symload_fn symload,
                           rump_compload_fn compload, rump_evcntattach_fn evattach)
{
    (void)domodinit;
    (void)symload;
    (void)compload;
    (void)evattach;
}
