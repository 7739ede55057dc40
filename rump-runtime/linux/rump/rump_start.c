/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* rump_start.c - starts the rump kernel, ties threads to it, translates its errors. */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/rump/ramfile.h"
#include "linux/rump/rump_glue.h"
#include "linux/rump/rumpfile.h"
#include "rumpuser/rumpuser.h"

static int program_pid; /* of the rump process all program threads belong to */
static const char *root = "";

/* ---- errors ---------------------------------------------------------------------------------- */

/* Linux numbers by NetBSD number; those without a counterpart get the nearest in meaning. */
static const uint8_t linux_errno[] = {
    [NB_EPERM] = EPERM,
    [NB_ENOENT] = ENOENT,
    [NB_ESRCH] = ESRCH,
    [NB_EINTR] = EINTR,
    [NB_EIO] = EIO,
    [NB_ENXIO] = ENXIO,
    [NB_E2BIG] = E2BIG,
    [NB_ENOEXEC] = ENOEXEC,
    [NB_EBADF] = EBADF,
    [NB_ECHILD] = ECHILD,
    [NB_EDEADLK] = EDEADLK,
    [NB_ENOMEM] = ENOMEM,
    [NB_EACCES] = EACCES,
    [NB_EFAULT] = EFAULT,
    [NB_ENOTBLK] = 15,
    [NB_EBUSY] = EBUSY,
    [NB_EEXIST] = EEXIST,
    [NB_EXDEV] = EXDEV,
    [NB_ENODEV] = ENODEV,
    [NB_ENOTDIR] = ENOTDIR,
    [NB_EISDIR] = EISDIR,
    [NB_EINVAL] = EINVAL,
    [NB_ENFILE] = ENFILE,
    [NB_EMFILE] = EMFILE,
    [NB_ENOTTY] = ENOTTY,
    [NB_ETXTBSY] = 26,
    [NB_EFBIG] = EFBIG,
    [NB_ENOSPC] = ENOSPC,
    [NB_ESPIPE] = ESPIPE,
    [NB_EROFS] = EROFS,
    [NB_EMLINK] = EMLINK,
    [NB_EPIPE] = EPIPE,
    [NB_EDOM] = EDOM,
    [NB_ERANGE] = ERANGE,
    [NB_EAGAIN] = EAGAIN,
    [NB_EINPROGRESS] = EINPROGRESS,
    [NB_EALREADY] = EALREADY,
    [NB_ENOTSOCK] = ENOTSOCK,
    [NB_EDESTADDRREQ] = EDESTADDRREQ,
    [NB_EMSGSIZE] = EMSGSIZE,
    [NB_EPROTOTYPE] = EPROTOTYPE,
    [NB_ENOPROTOOPT] = ENOPROTOOPT,
    [NB_EPROTONOSUPPORT] = EPROTONOSUPPORT,
    [NB_ESOCKTNOSUPPORT] = 94,
    [NB_EOPNOTSUPP] = EOPNOTSUPP,
    [NB_EPFNOSUPPORT] = 96,
    [NB_EAFNOSUPPORT] = EAFNOSUPPORT,
    [NB_EADDRINUSE] = EADDRINUSE,
    [NB_EADDRNOTAVAIL] = EADDRNOTAVAIL,
    [NB_ENETDOWN] = ENETDOWN,
    [NB_ENETUNREACH] = ENETUNREACH,
    [NB_ENETRESET] = 102,
    [NB_ECONNABORTED] = ECONNABORTED,
    [NB_ECONNRESET] = ECONNRESET,
    [NB_ENOBUFS] = ENOBUFS,
    [NB_EISCONN] = EISCONN,
    [NB_ENOTCONN] = ENOTCONN,
    [NB_ESHUTDOWN] = 108,
    [NB_ETOOMANYREFS] = 109,
    [NB_ETIMEDOUT] = ETIMEDOUT,
    [NB_ECONNREFUSED] = ECONNREFUSED,
    [NB_ELOOP] = ELOOP,
    [NB_ENAMETOOLONG] = ENAMETOOLONG,
    [NB_EHOSTDOWN] = 112,
    [NB_EHOSTUNREACH] = EHOSTUNREACH,
    [NB_ENOTEMPTY] = ENOTEMPTY,
    [NB_EPROCLIM] = EAGAIN,
    [NB_EUSERS] = 87,
    [NB_EDQUOT] = 122,
    [NB_ESTALE] = 116,
    [NB_EREMOTE] = 66,
    [NB_ENOLCK] = 37,
    [NB_ENOSYS] = ENOSYS,
    [NB_EFTYPE] = ELOOP, /* open with O_NOFOLLOW of a symbolic link */
    [NB_EIDRM] = 43,
    [NB_ENOMSG] = 42,
    [NB_EOVERFLOW] = EOVERFLOW,
    [NB_EILSEQ] = EILSEQ,
    [NB_ENOTSUP] = EOPNOTSUPP,
    [NB_ECANCELED] = 125,
    [NB_EBADMSG] = 74,
    [NB_ENODATA] = 61,
    [NB_ENOSR] = 63,
    [NB_ENOSTR] = 60,
    [NB_ETIME] = 62,
    [NB_ENOATTR] = 61,
    [NB_EMULTIHOP] = 72,
    [NB_ENOLINK] = 67,
    [NB_EPROTO] = EPROTO,
    [NB_EOWNERDEAD] = 130,
    [NB_ENOTRECOVERABLE] = 131,
};

int rump_errno_to_linux(int netbsd_errno)
{
    if (netbsd_errno <= 0 || (size_t)netbsd_errno >= sizeof(linux_errno) ||
        linux_errno[netbsd_errno] == 0)
        return EIO;
    return linux_errno[netbsd_errno];
}

/* ---- threads --------------------------------------------------------------------------------- */

void rump_attach_slow(void)
{
    int error;

    /* Without one each call makes a temporary lwp in another process, with other descriptors. */
    while ((error = rump_pub_lwproc_newlwp(program_pid)) == NB_ENOMEM)
        memory_pause();
    if (error != 0)
        panic("no rump lwp for thread %d: NetBSD error %d", thread_current()->tid, error);
}

void rump_thread_exit(void)
{
    if (rumpuser_curlwp() != NULL)
        rump_pub_lwproc_releaselwp();
}

/* ---- start ----------------------------------------------------------------------------------- */

static int make_dir(const char *path, uint32_t mode)
{
    long rc = rump_result(rump___sysimpl_mkdir(path, mode));

    if (rc == -EEXIST)
        return 0;
    /* The mode is exact, whatever the umask. */
    return rc < 0 ? (int)rc : (int)rump_result(rump___sysimpl_chmod(path, mode));
}

/* The bundled kernel's root will do; NetBSD's boot root lacks rename and more: there a tmpfs does.
 */
static int make_root(void)
{
    struct nb_tmpfs_args args = {.ta_version = 1, .ta_root_mode = 0755};

    if (rump___sysimpl_mkdir("/.root", 0755) != 0)
        return (int)rump_result(-1);
    if (rump___sysimpl_rename("/.root", "/root") == 0)
        return 0;
    if (rump___sysimpl_mount50("tmpfs", "/.root", 0, &args, sizeof(args)) != 0 ||
        rump___sysimpl_chroot("/.root") != 0)
        return (int)rump_result(-1);
    root = "/.root";
    return 0;
}

const char *rump_layer_root(void)
{
    return root;
}

static int make_usual_dirs(void)
{
    static const struct {
        const char *path;
        uint32_t mode;
    } dirs[] = {
        {"/dev", 0755},       {"/dev/shm", 01777}, {"/etc", 0755},  {"/proc", 0555},
        {"/proc/self", 0555}, {"/run", 0755},      {"/tmp", 01777}, {"/var", 0755},
        {"/var/tmp", 01777},  {"/root", 0700},
    };

    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        int rc = make_dir(dirs[i].path, dirs[i].mode);

        if (rc < 0)
            return rc;
    }
    return 0;
}

/* As many as there can be: how many the program may have is for our own table to say. */
static void raise_limits(void)
{
    struct nb_rlimit limit;

    if (rump___sysimpl_getrlimit == NULL || rump___sysimpl_setrlimit == NULL ||
        rump___sysimpl_getrlimit(NB_RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)rump___sysimpl_setrlimit(NB_RLIMIT_NOFILE, &limit);
}

int rump_layer_init(void)
{
    const char *step = "start";
    int rc, error;

    rumpuser_protect_stacks();
    error = rump_init();
    if (error == 0) {
        step = "make the program's process";
        error = rump_pub_lwproc_rfork(RUMP_RFCFDG);
    }
    rc = error == 0 ? 0 : -rump_errno_to_linux(error);
    if (rc == 0) {
        program_pid = rump___sysimpl_getpid();
        raise_limits();
        step = "fill the root file system";
        rc = make_root();
        if (rc == 0)
            rc = ramfiles_enter();
    }
    if (rc == 0) {
        step = "make the usual directories";
        rc = make_usual_dirs();
    }
    if (rc < 0)
        log_error("rump kernel: cannot %s: %s", step, errno_name(rc));
    return rc;
}

int rump_layer_set_program(const char *path)
{
    rump_attach();
    (void)rump___sysimpl_unlink("/proc/self/exe");
    return (int)rump_result(rump___sysimpl_symlink(path, "/proc/self/exe"));
}
