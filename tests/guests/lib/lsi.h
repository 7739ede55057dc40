/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * The SCSI disk 0 behind an LSI 53C895A. The chip runs a SCRIPTS program in the guest's memory
 * which follows the bus phases, including disconnection and reselection: the emulated disk
 * disconnects for every real transfer. Facts: LSI53C895A technical manual 2.2 chapters 4 and 5,
 * SCSI-2, SBC-2.
 */
#ifndef LSI_H
#define LSI_H

#include "guest.h"

#define LSI_SECTOR 512

enum {
    SCSI_TEST_UNIT_READY = 0x00,
    SCSI_REQUEST_SENSE = 0x03,
    SCSI_INQUIRY = 0x12,
    SCSI_READ_CAPACITY = 0x25,
    SCSI_READ = 0x28,
    SCSI_WRITE = 0x2a,
    SCSI_SYNCHRONIZE = 0x35,
};

/* Resets the chip. The ending is SKIP without one. */
void lsi_open(void);

/*
 * Runs a command that moves len bytes, waiting for its interrupt. False unless it ended with status
 * GOOD; the ending is FAILURE when the chip itself did not come to its end.
 *
 * One access to a port for the start, five once it has ended.
 */
bool lsi_command(const uint8_t *cdb, unsigned cdb_len, void *buf, uint32_t len, bool write);
#define LSI_ACCESSES 6

/* SCSI_READ or SCSI_WRITE. */
bool lsi_transfer(uint8_t op, uint32_t lba, uint32_t sectors, void *buf);

/* SCSI_SYNCHRONIZE. */
bool lsi_flush(void);

/* Asks until the disk is ready, and for the number of its sectors; makes the checks itself. */
uint32_t lsi_sectors(void);

/* Status of the last command. */
uint8_t lsi_status(void);

/* Interrupts taken so far, and the line they came on. */
uint32_t lsi_interrupts(void);
unsigned lsi_line(void);

#endif
