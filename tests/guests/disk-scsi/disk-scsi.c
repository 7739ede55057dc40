/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * disk-scsi: a disk behind the LSI 53C895A (vdev sda).
 *
 * The chip runs a SCRIPTS program in the guest's memory which follows the bus phases, including
 * disconnection and reselection (the emulated disk disconnects for every real transfer):
 *  - INQUIRY, READ CAPACITY against the image's size
 *  - READ(10) of the host's pattern against the host's checksum
 *  - WRITE(10), SYNCHRONIZE CACHE, read back
 *  - a read beyond the end ends in CHECK CONDITION with ILLEGAL REQUEST
 * Facts: LSI53C895A technical manual 2.2 chapters 4 and 5, SCSI-2, SBC-2.
 */

#include "guest.h"
#include "pattern.h"

const char test_name[] = "disk-scsi";
const char test_title[] = "LSI 53C895A: SCRIPTS, read, write, flush";

#define SECTOR      512
#define SCRATCH_LBA 8192
#define CHUNK       64

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

/* Runs one command on target 0; false unless it ended with status GOOD. */
static bool scsi(const uint8_t *cdb, unsigned cdb_len, void *buf, uint32_t len, bool write)
{
    memcpy(io->cdb, cdb, cdb_len);
    io->identify = 0xc0; /* IDENTIFY, disconnection allowed, LUN 0 */
    io->status = 0xff;
    build_script(0, cdb_len, buf, len, write);
    uint32_t before = irq_arm(irq);
    outl(base + R_DSP, address(io->script));
    bool ended = wait_for(inb(base + R_ISTAT) & (ISTAT_DIP | ISTAT_SIP), 30000);
    irq_enable(irq);
    irq_window();
    irqs += irq_count(irq) - before;
    irq_disable(irq);
    uint32_t outcome = inl(base + R_DSPS);
    uint8_t dstat = inb(base + R_DSTAT), sist0 = inb(base + R_SIST0), sist1 = inb(base + R_SIST1);
    barrier();
    if (!ended || !(dstat & DSTAT_SIR) || outcome != DONE)
        test_failure("command %02x: outcome %x, DSTAT %02x SIST %02x %02x, message %02x", cdb[0],
                     outcome, dstat, sist0, sist1, io->message);
    return io->status == 0;
}

static bool read_write(uint8_t op, uint32_t lba, uint32_t sectors, void *buf)
{
    uint8_t cdb[10] = {
        op,           0, (uint8_t)(lba >> 24),    (uint8_t)(lba >> 16), (uint8_t)(lba >> 8),
        (uint8_t)lba, 0, (uint8_t)(sectors >> 8), (uint8_t)sectors};
    return scsi(cdb, sizeof(cdb), buf, sectors * SECTOR, op == 0x2a);
}

static void open_chip(void)
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

void test_main(void)
{
    uint8_t *a = dma_alloc(CHUNK * SECTOR, 16), *b = dma_alloc(CHUNK * SECTOR, 16);
    open_chip();

    static const uint8_t ready[6] = {0};
    static const uint8_t sense[6] = {3, 0, 0, 0, 18};
    static const uint8_t inquiry[6] = {0x12, 0, 0, 0, 36};
    static const uint8_t capacity[10] = {0x25};
    static const uint8_t synchronize[10] = {0x35};
    for (unsigned i = 0; i < 3 && !scsi(ready, 6, a, 0, false); i++)
        check(scsi(sense, 6, a, 18, false), "REQUEST SENSE: status %02x", io->status);
    check(io->status == 0, "the disk does not become ready");
    check(scsi(inquiry, 6, a, 36, false) && (a[0] & 31) == 0, "INQUIRY: status %02x, type %x",
          io->status, a[0] & 31u);
    a[36] = 0;
    note("%s", (char *)a + 8);
    check(scsi(capacity, 10, a, 8, false), "READ CAPACITY: status %02x", io->status);
    uint32_t last = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3];
    check(last + 1 == param_u32("disk_sectors", 0), "capacity 0x%x sectors, the image has 0x%x",
          last + 1, param_u32("disk_sectors", 0));

    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0), crc = 0;
    for (uint32_t done = 0; done < sectors; done += CHUNK) {
        uint32_t n = sectors - done < CHUNK ? sectors - done : CHUNK;
        if (!read_write(0x28, lba + done, n, a))
            test_failure("read at sector %u: status %02x", lba + done, io->status);
        crc = cksum_feed(crc, a, n * SECTOR);
    }
    crc = cksum_finish(crc, sectors * SECTOR);
    check(crc == param_u32("data_crc", 0), "checksum %u, the host's is %u", crc,
          param_u32("data_crc", 0));

    uint32_t seed = param_u32("seed", 1), state = seed, bad = 0;
    pattern_fill(&state, 0, a, CHUNK * SECTOR);
    check(read_write(0x2a, SCRATCH_LBA, CHUNK, a), "write: status %02x", io->status);
    check(scsi(synchronize, 10, a, 0, false), "flush: status %02x", io->status);
    data("wrote lba=%u sectors=%u seed=%u", SCRATCH_LBA, CHUNK, seed);
    check(read_write(0x28, SCRATCH_LBA, CHUNK, b), "read back: status %02x", io->status);
    state = seed;
    check(pattern_verify(&state, 0, b, CHUNK * SECTOR, &bad), "read back: byte %u differs", bad);

    check(!read_write(0x28, last, 8, b), "reading beyond the end was no error");
    check(io->status == 2 && scsi(sense, 6, b, 18, false) && (b[2] & 15) == 5,
          "reading beyond the end: status %02x, sense %x", io->status, b[2] & 15u);
    check(irqs > 0, "no interrupt on line %u", irq);
}
