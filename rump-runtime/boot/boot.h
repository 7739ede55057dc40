/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * boot.h - the boot sequences: which services start, in which order, and the program at the end.
 * Each platform has its own and calls it as stubdom_boot() (platform.h). What stands here is shared
 * by the sequences.
 *
 *   domain.c    under Xen (platform/xen-pv): everything, then the device model or a plain program
 *   process.c   in a Linux process (platform/process): what a plain program needs
 *   process_files.c   files of the host for that program
 *   hosted.c    in the hosted library: what the test asks for, and no program
 *   program.c   what the first two share
 *   report.c    the report on memory that dom0 may ask for
 *   core_hosted.c   entries of the core for hosted tests; the core itself lies below the platform
 */
#ifndef BOOT_H
#define BOOT_H

struct manifest;

/* Opens the ramdisk and reads its manifest; what is wrong with them ends the domain by a panic. */
void boot_open_ramdisk(struct manifest *m);

/* Ends the domain by a panic that names `what`, unless rc is 0. */
void boot_must(const char *what, int rc);

/* On the process platform: offers disk and files of the host that the command line names. */
void boot_offer_host_files(void);

/*
 * From now on `xl sysrq DOMAIN m` prints where the memory is, and with c in place of m a panic ends
 * the domain. 0 or a negative errno.
 */
int boot_report_init(void);

/* Runs the manifest's program with the manifest's arguments: mode plain. */
void boot_plain_program(const struct manifest *m) __attribute__((noreturn));

#endif
