/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * mount.c - disks with file systems of the rump kernel, as the kernel's command line says:
 *
 *   rump.mount=DISK,TYPE,DIRECTORY[,ro|,log][:...]      rump.mount=xvde,ext2fs,/images
 *
 * TYPE is NetBSD's name: ext2fs, ffs, msdos, cd9660. "log" has ffs keep a journal.
 *
 * A disk becomes a block device of the rump kernel (etfs). What such a device cannot do is to have
 * its cache written, so that is done here, after NetBSD has written a file (rump_mounts_flush).
 */
#include "components/netbsd.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/rump/rump_glue.h"
#include "linux/rump/rumpfile.h"
#include "rumpuser/context.h"

#define TEXT_SIZE  512
#define MOUNTS_MAX 8
#define WAIT_NS    UINT64_C(20000000000) /* for the disk to be heard of */
#define PATH_SIZE  128

/* What all file systems' arguments for mount(2) have first, and what those of some have besides. */
struct nb_mount_args {
    const char *fspec;
    uint8_t export_args30[128]; /* of old releases; not looked at */
    union {
        struct {
            uint32_t uid, gid, mask, flags, version, dirmask;
            int32_t gmtoff;
        } msdos;
        struct {
            int32_t flags;
        } iso;
    } u;
};
#define NB_UFS_ARGS_SIZE   sizeof(const char *)
#define NB_MSDOS_ARGS_SIZE 168u
#define NB_ISO_ARGS_SIZE   144u
#define NB_MSDOS_VERSION   3
#define NB_MNT_RDONLY      0x1
#define NB_MNT_LOG         0x02000000
#define NB_MNT_FORCE       0x00080000

_Static_assert(sizeof(struct nb_mount_args) == NB_MSDOS_ARGS_SIZE, "struct msdosfs_args");

struct mount {
    const char *disk, *type, *directory, *option;
    int fd; /* of the disk, with the hypercalls */
};

static struct {
    int fd; /* of the disk, with the hypercalls: for its flushes */
    char directory[PATH_SIZE];
} mounted[MOUNTS_MAX];
static size_t mounted_count;

/* ---- what the command line says -------------------------------------------------------------- */

/* Cuts the text at the first of the character; what is behind it, or NULL. */
static char *cut(char *text, char at)
{
    char *found = text != NULL ? strchr(text, at) : NULL;

    if (found != NULL)
        *found++ = '\0';
    return found;
}

static bool parse(char *text, struct mount *m)
{
    char *type = cut(text, ','), *directory = cut(type, ','), *option = cut(directory, ',');

    m->disk = text;
    m->type = type;
    m->directory = directory;
    m->option = option != NULL ? option : "";
    return directory != NULL && text[0] != '\0' && directory[0] == '/' && directory[1] != '\0' &&
           strlen(directory) < PATH_SIZE / 2 &&
           (option == NULL || strcmp(option, "ro") == 0 || strcmp(option, "log") == 0);
}

/* ---- mounting -------------------------------------------------------------------------------- */

static size_t arguments_size(const char *type)
{
    if (strcmp(type, "msdos") == 0)
        return NB_MSDOS_ARGS_SIZE;
    return strcmp(type, "cd9660") == 0 ? NB_ISO_ARGS_SIZE : NB_UFS_ARGS_SIZE;
}

static int mount_device(const struct mount *m, const char *device)
{
    struct nb_mount_args args;
    char directory[PATH_SIZE];
    int flags = 0, rc;

    memset(&args, 0, sizeof(args));
    args.fspec = device;
    if (strcmp(m->type, "msdos") == 0) {
        args.u.msdos.version = NB_MSDOS_VERSION;
        args.u.msdos.mask = args.u.msdos.dirmask = 0777;
    }
    if (strcmp(m->option, "ro") == 0 || strcmp(m->type, "cd9660") == 0)
        flags |= NB_MNT_RDONLY;
    if (strcmp(m->option, "log") == 0)
        flags |= NB_MNT_LOG;
    ksnprintf(directory, sizeof(directory), "%s%s", rump_layer_root(), m->directory);
    rc = (int)rump_result(rump___sysimpl_mkdir(directory, 0755));
    if (rc < 0 && rc != -EEXIST)
        return rc;
    return (int)rump_result(
        rump___sysimpl_mount50(m->type, directory, flags, &args, arguments_size(m->type)));
}

/* The disk as the hypercalls know it, once xenstore has been looked at. */
static int open_disk(struct mount *m)
{
    uint64_t deadline = plat_monotonic() + WAIT_NS;
    int error;

    do {
        rumpuser_enter_kernel();
        error = rumpuser_open(m->disk, 0, &m->fd);
        rumpuser_leave_kernel();
        if (error == NB_ENOENT)
            memory_pause();
    } while (error == NB_ENOENT && plat_monotonic() < deadline);
    return error == 0 ? 0 : -rump_errno_to_linux(error);
}

/*
 * In a process whose root is the rump kernel's: only there etfs has its names. The program's is the
 * directory below which it mounts.
 */
static int mount_outside(const struct mount *m)
{
    struct lwp *own = rumpuser_curlwp();
    char device[PATH_SIZE];
    int rc, error;

    ksnprintf(device, sizeof(device), "/.disk-%s", m->disk);
    rump_pub_lwproc_switch(NULL);
    error = rump_pub_lwproc_rfork(RUMP_RFCFDG);
    if (error == 0)
        error = rump_pub_etfs_register(device, m->disk, RUMP_ETFS_BLK);
    rc = error != 0 ? -rump_errno_to_linux(error) : mount_device(m, device);
    if (rumpuser_curlwp() != NULL)
        rump_pub_lwproc_releaselwp();
    rump_pub_lwproc_switch(own);
    return rc;
}

static int mount_disk(struct mount *m, const char **step)
{
    int rc;

    *step = "open the disk";
    if (mounted_count == MOUNTS_MAX)
        return -ENOSPC;
    rc = open_disk(m);
    if (rc < 0)
        return rc;
    *step = "mount it: is there such a file system on it, and is its kind in the rump kernel?";
    rc = mount_outside(m);
    if (rc < 0) {
        rumpuser_enter_kernel();
        (void)rumpuser_close(m->fd);
        rumpuser_leave_kernel();
        return rc;
    }
    mounted[mounted_count].fd = m->fd;
    kstrlcpy(mounted[mounted_count++].directory, m->directory, PATH_SIZE);
    return 0;
}

static int mount_all(char *text)
{
    int failed = 0;

    for (char *at = text, *next; at != NULL; at = next) {
        struct mount m;
        const char *step;
        int rc;

        next = cut(at, ':');
        if (!parse(at, &m)) {
            log_error("rump.mount= says not DISK,TYPE,DIRECTORY[,ro|,log]");
            return -EINVAL;
        }
        rc = mount_disk(&m, &step);
        if (rc == 0)
            log_info("%s: %s on %s", m.disk, m.type, m.directory);
        else
            log_error("%s: %s on %s: cannot %s (%s)", m.disk, m.type, m.directory, step,
                      errno_name(rc));
        failed = rc != 0 ? rc : failed;
    }
    return failed;
}

int rump_mount_disks(void)
{
    char text[TEXT_SIZE];
    int rc = rumpuser_getparam("mount", text, sizeof(text));

    if (rc == NB_ENOENT)
        return 0;
    if (rc != 0) {
        log_error("rump.mount= is too long");
        return -E2BIG;
    }
    rump_attach();
    return mount_all(text);
}

int rump_mounts_flush(void)
{
    int failed = 0;

    for (size_t i = 0; i < mounted_count; i++) {
        int error;

        rumpuser_enter_kernel();
        error = rumpuser_syncfd(mounted[i].fd, 0, 0, 0);
        rumpuser_leave_kernel();
        if (error != 0)
            failed = -rump_errno_to_linux(error);
    }
    return failed;
}

void rump_unmount_disks(void)
{
    rump_attach();
    for (size_t i = 0; i < mounted_count; i++) {
        long rc = rump_result(rump___sysimpl_unmount(mounted[i].directory, NB_MNT_FORCE));

        if (rc < 0)
            log_error("%s: cannot be unmounted (%s)", mounted[i].directory, errno_name((int)rc));
    }
    if (rump_mounts_flush() < 0)
        log_error("disks: not all was written");
}
