/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

#include "lsi.h"

#define R_DSTAT     0x0c
#define R_ISTAT     0x14
#define R_DSP       0x2c
#define R_DSPS      0x30
#define R_DIEN      0x39
#define R_SIST0     0x42
#define R_SIST1     0x43
#define R_SIEN0     0x40
#define R_SIEN1     0x41
#define ISTAT_RESET 0x40
#define ISTAT_DIP   0x01
#define ISTAT_SIP   0x02
#define DSTAT_SIR   0x04 /* interrupt instruction */

#define TIMEOUT_MS 30000

/* Instructions. */
#define MOVE(phase)     (0x08000000u | (uint32_t)(phase) << 24)
#define SELECT_ATN(id)  (0x41000000u | (uint32_t)(id) << 16)
#define WAIT_DISCONNECT 0x48000000u
#define WAIT_RESELECT   0x50000000u
#define CLEAR_ACK       0x60000040u
#define JUMP            0x80080000u
/* Waits for a phase to compare. */
#define JUMP_PHASE(phase) (0x800b0000u | (uint32_t)(phase) << 24)
#define JUMP_BYTE(byte)   (0x800c0000u | (byte))
#define INTERRUPT         0x98080000u

enum phase { DATA_OUT, DATA_IN, COMMAND, STATUS, MESSAGE_OUT = 6, MESSAGE_IN = 7 };
enum outcome { DONE = 0x600d, BAD_PHASE, BAD_MESSAGE, LOST };

#define MSG_COMPLETE      0x00
#define MSG_SAVE_POINTERS 0x02
#define MSG_DISCONNECT    0x04
#define MSG_IDENTIFY      0x80

/* Everything the chip reads and writes, in one place. */
struct io {
    uint32_t script[64];
    uint8_t identify, status, message, cdb[16];
};

static uint16_t base;
static uint8_t irq;
static struct io *io;
static uint32_t irqs;

static uint32_t address(const void *p)
{
    return (uint32_t)(uintptr_t)p;
}

/* Builds the program; labels are word indexes, known in advance by counting instructions. */
static void build_script(unsigned id, unsigned cdb_len, void *buf, uint32_t len, bool write)
{
    enum {
        I = 2,
        DISPATCH = 3,
        DATA = 8,
        STAT = 10,
        MSG = 12,
        ACKNOWLEDGE = 18,
        AWAY = 20,
        END = 24
    };
    uint32_t *s = io->script;
    uint32_t at = address(s);
#define LABEL(n)   (at + 4 * I * (n))
#define EMIT(a, b) (*s++ = (a), *s++ = (b))
    EMIT(SELECT_ATN(id), LABEL(26));
    EMIT(MOVE(MESSAGE_OUT) | 1, address(&io->identify));
    EMIT(MOVE(COMMAND) | cdb_len, address(io->cdb));
    /* 3: dispatch */
    EMIT(JUMP_PHASE(MESSAGE_IN), LABEL(MSG));
    EMIT(JUMP_PHASE(DATA_IN), LABEL(DATA));
    EMIT(JUMP_PHASE(DATA_OUT), LABEL(DATA));
    EMIT(JUMP_PHASE(STATUS), LABEL(STAT));
    EMIT(INTERRUPT, BAD_PHASE);
    /* 8: data */
    EMIT(MOVE(write ? DATA_OUT : DATA_IN) | len, address(buf));
    EMIT(JUMP, LABEL(DISPATCH));
    /* 10: status */
    EMIT(MOVE(STATUS) | 1, address(&io->status));
    EMIT(JUMP, LABEL(DISPATCH));
    /* 12: message */
    EMIT(MOVE(MESSAGE_IN) | 1, address(&io->message));
    EMIT(JUMP_BYTE(MSG_COMPLETE), LABEL(END));
    EMIT(JUMP_BYTE(MSG_SAVE_POINTERS), LABEL(ACKNOWLEDGE));
    EMIT(JUMP_BYTE(MSG_IDENTIFY), LABEL(ACKNOWLEDGE));
    EMIT(JUMP_BYTE(MSG_DISCONNECT), LABEL(AWAY));
    EMIT(INTERRUPT, BAD_MESSAGE);
    /* 18: acknowledge */
    EMIT(CLEAR_ACK, 0);
    EMIT(JUMP, LABEL(DISPATCH));
    /* 20: the target went away and comes back */
    EMIT(CLEAR_ACK, 0);
    EMIT(WAIT_DISCONNECT, 0);
    EMIT(WAIT_RESELECT, LABEL(26));
    EMIT(JUMP, LABEL(DISPATCH));
    /* 24: end */
    EMIT(CLEAR_ACK, 0);
    EMIT(INTERRUPT, DONE);
    /* 26: selection failed, or the host was signalled */
    EMIT(INTERRUPT, LOST);
#undef EMIT
#undef LABEL
    barrier();
}

bool lsi_command(const uint8_t *cdb, unsigned cdb_len, void *buf, uint32_t len, bool write)
{
    memcpy(io->cdb, cdb, cdb_len);
    io->identify = 0xc0; /* IDENTIFY, disconnection allowed, LUN 0 */
    io->status = 0xff;
    build_script(0, cdb_len, buf, len, write);
    uint32_t before = irq_arm(irq);
    outl(base + R_DSP, address(io->script));
    bool ended = wait_for(irq_count(irq) != before, TIMEOUT_MS);
    irq_disable(irq);
    irqs += irq_count(irq) - before;
    uint8_t istat = inb(base + R_ISTAT);
    uint32_t outcome = inl(base + R_DSPS);
    /* Reading these takes the request back. */
    uint8_t dstat = inb(base + R_DSTAT), sist0 = inb(base + R_SIST0), sist1 = inb(base + R_SIST1);
    barrier();
    if (!ended || !(istat & (ISTAT_DIP | ISTAT_SIP)) || !(dstat & DSTAT_SIR) || outcome != DONE)
        test_failure("command %02x: outcome %x, ISTAT %02x DSTAT %02x SIST %02x %02x, message %02x",
                     cdb[0], outcome, istat, dstat, sist0, sist1, io->message);
    return io->status == 0;
}

bool lsi_transfer(uint8_t op, uint32_t lba, uint32_t sectors, void *buf)
{
    uint8_t cdb[10] = {
        op,           0, (uint8_t)(lba >> 24),    (uint8_t)(lba >> 16), (uint8_t)(lba >> 8),
        (uint8_t)lba, 0, (uint8_t)(sectors >> 8), (uint8_t)sectors};
    return lsi_command(cdb, sizeof(cdb), buf, sectors * LSI_SECTOR, op == SCSI_WRITE);
}

bool lsi_flush(void)
{
    static const uint8_t cdb[10] = {SCSI_SYNCHRONIZE};
    return lsi_command(cdb, sizeof(cdb), NULL, 0, false);
}

uint32_t lsi_sectors(void)
{
    static const uint8_t ready[6] = {SCSI_TEST_UNIT_READY};
    static const uint8_t sense[6] = {SCSI_REQUEST_SENSE, 0, 0, 0, 18};
    static const uint8_t capacity[10] = {SCSI_READ_CAPACITY};
    uint8_t *answer = dma_alloc(64, 16);
    for (unsigned i = 0; i < 3 && !lsi_command(ready, 6, answer, 0, false); i++)
        check(lsi_command(sense, 6, answer, 18, false), "REQUEST SENSE: status %02x", io->status);
    check(io->status == 0, "the disk does not become ready");
    check(lsi_command(capacity, 10, answer, 8, false), "READ CAPACITY: status %02x", io->status);
    uint32_t last = (uint32_t)answer[0] << 24 | (uint32_t)answer[1] << 16 |
                    (uint32_t)answer[2] << 8 | answer[3];
    return last + 1;
}

uint8_t lsi_status(void)
{
    return io->status;
}

uint32_t lsi_interrupts(void)
{
    return irqs;
}

unsigned lsi_line(void)
{
    return irq;
}

void lsi_open(void)
{
    struct pci_dev pci;
    if (!pci_find_id(0x1000, 0x0012, 0, &pci))
        test_skip("no LSI 53C895A");
    pci_enable(&pci);
    irq = pci_read8(&pci, 0x3c);
    base = (uint16_t)pci_bar(&pci, 0);
    outb(base + R_ISTAT, ISTAT_RESET);
    time_sleep(10);
    outb(base + R_ISTAT, 0);
    outb(base + R_DIEN, 0x7d);
    outb(base + R_SIEN0, 0x8f);
    outb(base + R_SIEN1, 0x04);
    io = dma_alloc(sizeof(*io), 4096);
}
