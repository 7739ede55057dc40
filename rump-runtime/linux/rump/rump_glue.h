/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * rump_glue.h - what the folder linux/rump offers to the rest of the system-call layer, to the boot
 * sequences and to drivers: the part of the layer that translates to the rump client API.
 *
 *   rump_start.c   starts the rump kernel, ties threads to it, translates its errors
 *   path.c         names: open, and the calls that make, move and remove them; device nodes
 *   pathstat.c     names and attributes: stat, access, chmod, times, sizes
 *   rumpfile.c     open files of the rump kernel; pipes
 *   ramfile.c      files of the ramdisk, whose contents stay there
 *   rumppoll.c     poll and blocking on pipes and sockets
 *   socket.c       sockets: making, naming, connecting, options
 *   sockmsg.c      messages over sockets
 *   scm.c          open files as cargo of messages
 *   mount.c        disks with file systems, of NetBSD's kernel only
 *   interface.c    addresses and routes of network interfaces, of NetBSD's TCP/IP only
 *
 * Their system calls are declared by linux/syscall.h like all others; what the files share among
 * themselves is in path.h, rumpfile.h and socket.h. Descriptors are those of the table in
 * linux/file.h, whatever stands behind them.
 *
 * What the rest of the layer has to know:
 *  - a rump file has has_pos == false: its position lives in the rump kernel. read and write call
 *    ops->readv/writev with pos == NULL; pread and pwrite with a pointer to the wanted position,
 *    and the operation itself answers -ESPIPE when the object has none; ops->seek is lseek;
 *  - no rump call made for a pipe or socket blocks inside the rump kernel: the glue asks without
 *    blocking and sleeps in our own wait queues, so signals (thread_interrupt) and time-outs work
 *    as for native files;
 *  - F_SETFL: change file->flags, then ops->flags_changed. Blocking reads look at file->flags.
 */
#ifndef LINUX_RUMP_RUMP_GLUE_H
#define LINUX_RUMP_RUMP_GLUE_H

#include <stdbool.h>
#include <stdint.h>

struct file;

/* ---- start and threads ----------------------------------------------------------------------- */

/*
 * Start the rump kernel, make the calling thread its first client, fill the root from the ramdisk
 * where the kernel has not done so itself, make the usual directories. Call after threads_init()
 * and ramdisk_open(). Returns 0 or a negative errno, with a message on the console.
 */
int rump_layer_init(void);

/* What /proc/self/exe shall name: the program's absolute path. After rump_layer_init(). */
int rump_layer_set_program(const char *path);

/* Called by every program thread at its end, before thread_exit(): lets go of its rump lwp. */
void rump_thread_exit(void);

/* ---- disks with file systems: mount.c -------------------------------------------------------- */

/*
 * Mounts what rump.mount= on the command line names, and waits for those disks. What fails is said
 * in the log; the first error. After the block driver was started. Both are absent beside the
 * bundled rump kernel, which has no file system for disks.
 */
int rump_mount_disks(void) __attribute__((weak));
/* At the end of the program: what it wrote is on the disks, and their file systems are whole. */
void rump_unmount_disks(void) __attribute__((weak));

/* ---- network interfaces: interface.c --------------------------------------------------------- */

/*
 * Only where the rump kernel has TCP/IP, which the bundled one has not; others than the program's
 * threads may call too. All return 0 or a negative errno: -EAFNOSUPPORT where the rump kernel has
 * no protocol of that kind.
 */

/* An address of IPv4 or IPv6, as it is on the wire. */
struct rump_inet {
    unsigned size; /* 4 or 16 bytes */
    uint8_t bytes[16];
};

/* Makes an interface: "virt1" is the domain's vif 1. -ENODEV: there is none. */
int rump_if_create(const char *name);
int rump_if_up(const char *name);
/* prefix: bits of the address that are the network's. */
int rump_if_add_address(const char *name, const struct rump_inet *address, unsigned prefix);
/* IPv4 only. */
int rump_if_remove_address(const char *name, const struct rump_inet *address);
/* Adds or removes the way to everywhere. */
int rump_default_route(const struct rump_inet *gateway, bool add);

/* ---- sockets: socket.c ----------------------------------------------------------------------- */

/*
 * Connects the calling thread, which may be one of the kernel's own, to a local stream socket the
 * program listens on. *fp is a non-blocking file with one reference that is in no descriptor table.
 * 0 or a negative errno: -ENOENT or -ECONNREFUSED while nobody listens.
 */
int local_stream_connect(const char *path, struct file **fp);

#endif
