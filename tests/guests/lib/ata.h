/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * ATA and ATAPI devices on the two legacy channels, by port I/O and by bus-master DMA.
 * Facts: ATA/ATAPI-6 (T13 1410D), SFF-8038i for the bus master.
 */
#ifndef ATA_H
#define ATA_H

#include "guest.h"

#define SECTOR 512

enum {
    ATA_READ = 0x20,
    ATA_READ_EXT = 0x24,
    ATA_READ_DMA_EXT = 0x25,
    ATA_READ_MULTIPLE_EXT = 0x29,
    ATA_WRITE = 0x30,
    ATA_WRITE_EXT = 0x34,
    ATA_WRITE_DMA_EXT = 0x35,
    ATA_READ_VERIFY = 0x40,
    ATA_DIAGNOSTIC = 0x90,
    ATA_PACKET = 0xa0,
    ATAPI_IDENTIFY = 0xa1,
    ATA_READ_MULTIPLE = 0xc4,
    ATA_WRITE_MULTIPLE = 0xc5,
    ATA_SET_MULTIPLE = 0xc6,
    ATA_READ_DMA = 0xc8,
    ATA_WRITE_DMA = 0xca,
    ATA_FLUSH = 0xe7,
    ATA_FLUSH_EXT = 0xea,
    ATA_IDENTIFY = 0xec,
};

#define ATA_SR_ERR  0x01
#define ATA_SR_DRQ  0x08
#define ATA_SR_DF   0x20
#define ATA_SR_DRDY 0x40
#define ATA_SR_BSY  0x80
#define ATA_ER_ABRT 0x04

struct ata {
    uint16_t cmd; /* command block ports */
    uint16_t ctl; /* device control / alternate status */
    uint16_t bm;  /* bus master registers of this channel; 0 if there is none */
    uint8_t irq;
    uint8_t unit; /* 0 master, 1 slave */
    bool atapi;
    uint16_t id[256];
    char model[41];
    uint64_t sectors;
    uint8_t status; /* after the last command */
    uint8_t error;
    uint32_t irqs; /* interrupts seen for the last command */
};

/* One physical region descriptor. count 0 means 65536; address and count are even. */
struct prd {
    uint32_t address;
    uint16_t count;
    uint16_t flags;
};
#define PRD_END 0x8000

/* Identifies the device; false if there is none. */
bool ata_open(struct ata *a, unsigned channel, unsigned unit);
/* As ata_open, but the ending is ERROR if it is missing or not of the wanted kind. */
void ata_need(struct ata *a, unsigned channel, unsigned unit, bool atapi);

/* A command without data. */
bool ata_command(struct ata *a, uint8_t command, uint64_t lba, uint32_t count);
/*
 * A command that moves count sectors through the data port; block = sectors per DRQ (1, or what
 * SET MULTIPLE established).
 */
bool ata_pio(struct ata *a, uint8_t command, uint64_t lba, uint32_t count, void *buf, bool write,
             unsigned block);
/* A command that moves count sectors by the bus master, along the given list. */
bool ata_dma(struct ata *a, uint8_t command, uint64_t lba, uint32_t count, const struct prd *list,
             bool write);
/* A simple list for len bytes at buf; returns a table good for the next such call. */
const struct prd *ata_prd(void *buf, uint32_t len);

/*
 * A 12-byte packet command that returns at most len bytes. By DMA if dma. *got: bytes received.
 * On CHECK CONDITION false, and error holds the sense key in bits 4..7.
 */
bool atapi_packet(struct ata *a, const uint8_t packet[12], void *buf, uint32_t len, bool dma,
                  uint32_t *got);

#endif
