/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * The disks behind an AHCI controller; the first one unless another is selected. Facts: Serial ATA
 * AHCI 1.3.1, chapters 3, 4, 5; ATA8-ACS.
 */
#ifndef AHCI_H
#define AHCI_H

#include "guest.h"

#define AHCI_SECTOR 512
#define AHCI_SLOTS  32

enum {
    AHCI_READ = 0x25,  /* READ DMA EXT */
    AHCI_WRITE = 0x35, /* WRITE DMA EXT */
    AHCI_READ_QUEUED = 0x60,
    AHCI_WRITE_QUEUED = 0x61,
    AHCI_FLUSH = 0xea,
    AHCI_IDENTIFY = 0xec,
};

/*
 * Finds the controller and its disks and starts their ports; how many. The ending is SKIP without a
 * controller.
 */
unsigned ahci_open(void);

/* Of the disks, counted from 0, the one that all functions below are about. */
void ahci_select(unsigned n);

/*
 * Describes a command in slot; nothing is issued. len bytes at buf; odd: in pieces of 2, 6, 14 ...
 * bytes and the rest, else of 64 KiB. For AHCI_READ and the others sectors from lba on.
 */
void ahci_prepare(unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors, void *buf,
                  uint32_t len, bool odd);

/* The same for whole sectors at any address of the guest's memory. */
void ahci_prepare_at(unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors,
                     uint64_t address);

/*
 * Issues the slots of mask, without waiting; then waits for the end of them all by looking, so that
 * several disks can be busy at once. False after an error, or when they never end.
 */
void ahci_issue(uint32_t mask, bool queued);
bool ahci_wait(uint32_t mask, bool queued);

/*
 * Issues the slots of mask, which are all queued commands or none, and waits for the interrupts
 * that tell of their ends. Returns false after an error: the port then has to be restarted.
 *
 * For the issue one write, two if queued; for each interrupt three reads and two writes, as a
 * driver needs them that shares its line and has one port.
 */
bool ahci_run(uint32_t mask, bool queued);
#define AHCI_ACCESSES        6
#define AHCI_ACCESSES_QUEUED 7

/* Prepares one command in slot 0 and runs it. */
bool ahci_transfer(uint8_t command, uint64_t lba, uint32_t sectors, void *buf, bool odd);

/* Stops and starts the port. */
void ahci_restart(void);

/* Status and error registers of the last command, for messages. */
uint32_t ahci_status(void);

/* Interrupts taken so far, and the line they came on. */
uint32_t ahci_interrupts(void);
unsigned ahci_line(void);

#endif
