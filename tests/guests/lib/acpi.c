/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * The few facts of the ACPI tables a guest needs: FADT ports, the \_S5 and \_S3 packages, and the
 * FACS. Facts: ACPI specification 6.4, chapters 4.8, 5.2 and 16.3.
 */

#include "guest.h"

#define FADT_FACS          36
#define FADT_DSDT          40
#define FADT_SMI_CMD       48
#define FADT_ACPI_ENABLE   52
#define FADT_PM1A_EVT      56
#define FADT_PM1A_CNT      64
#define FADT_PM1B_CNT      68
#define FADT_PM_TMR        76
#define FADT_FLAGS         112
#define FADT_RESET_REG     116
#define FADT_RESET_VALUE   128
#define FLAG_TMR_VAL_EXT   (1u << 8)
#define FLAG_RESET_REG_SUP (1u << 10)
#define GAS_IO             1
#define FACS_WAKING_VECTOR 12
#define PM1_WAK_STS        (1u << 15)

#define SLP_TYP_SHIFT 10
#define SLP_EN        (1u << 13)
#define SCI_EN        1u

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static bool sum_is_zero(const uint8_t *p, uint32_t len)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + p[i]);
    return sum == 0;
}

/* The table at addr if its signature and checksum fit. */
static const uint8_t *table(uint32_t addr, const char *signature)
{
    const uint8_t *t = phys(addr);
    if (addr < 0x400 || (signature && memcmp(t, signature, 4) != 0))
        return NULL;
    uint32_t len = get32(t + 4);
    if (len < 36 || len > 0x100000 || !sum_is_zero(t, len))
        return NULL;
    return t;
}

static const uint8_t *find_rsdp(void)
{
    uint32_t ebda = *(uint16_t *)phys(0x40e) * 16u;
    struct {
        uint32_t from, to;
    } areas[] = {{ebda, ebda + 1024}, {0xe0000, 0x100000}};
    for (unsigned i = 0; i < ARRAY_SIZE(areas); i++)
        for (uint32_t a = areas[i].from; a && a < areas[i].to; a += 16)
            if (memcmp(phys(a), "RSD PTR ", 8) == 0 && sum_is_zero(phys(a), 20))
                return phys(a);
    return NULL;
}

/* An AML integer constant of one byte at most: ZeroOp, OneOp or BytePrefix. */
static const uint8_t *aml_small(const uint8_t *p, uint8_t *out)
{
    if (*p == 0x0a) {
        *out = p[1];
        return p + 2;
    }
    *out = *p;
    return p + 1;
}

/* Looks for Name(\_Sx, Package(){a, b, ...}) in the AML of table t. */
static bool find_sleep(const uint8_t *t, const char *name, uint8_t *type_a, uint8_t *type_b)
{
    uint32_t len = get32(t + 4);
    for (uint32_t i = 36; i + 16 <= len; i++) {
        const uint8_t *p = t + i;
        if (memcmp(p, name, 4) != 0 || p[4] != 0x12)
            continue;
        p += 5;
        p += (*p >> 6) + 1; /* PkgLength */
        p++;                /* number of elements */
        p = aml_small(p, type_a);
        aml_small(p, type_b);
        return true;
    }
    return false;
}

static void find_states(const uint8_t *t, struct acpi *a)
{
    uint8_t unused;
    if (!a->has_s5)
        a->has_s5 = find_sleep(t, "_S5_", &a->slp_typ_a, &a->slp_typ_b);
    if (!a->has_s3)
        a->has_s3 = find_sleep(t, "_S3_", &a->s3_typ_a, &unused);
}

const struct acpi *acpi_tables(const char **why)
{
    static struct acpi acpi;
    static bool done;
    const char *none;
    if (!why)
        why = &none;
    if (done)
        return &acpi;

    const uint8_t *rsdp = find_rsdp();
    const uint8_t *rsdt = rsdp ? table(get32(rsdp + 16), "RSDT") : NULL;
    if (!rsdt) {
        *why = rsdp ? "the RSDT is damaged" : "no RSDP";
        return NULL;
    }
    const uint8_t *fadt = NULL;
    uint32_t entries = (get32(rsdt + 4) - 36) / 4;
    for (uint32_t i = 0; i < entries; i++) {
        const uint8_t *t = table(get32(rsdt + 36 + 4 * i), NULL);
        if (t && memcmp(t, "FACP", 4) == 0)
            fadt = t;
        if (t && memcmp(t, "SSDT", 4) == 0)
            find_states(t, &acpi);
    }
    if (!fadt) {
        *why = "no FADT";
        return NULL;
    }
    const uint8_t *dsdt = table(get32(fadt + FADT_DSDT), "DSDT");
    if (dsdt)
        find_states(dsdt, &acpi);
    acpi.facs = get32(fadt + FADT_FACS);
    uint32_t flags = get32(fadt + FADT_FLAGS);
    acpi.pm1a_evt = (uint16_t)get32(fadt + FADT_PM1A_EVT);
    acpi.pm1a_cnt = (uint16_t)get32(fadt + FADT_PM1A_CNT);
    acpi.pm1b_cnt = (uint16_t)get32(fadt + FADT_PM1B_CNT);
    acpi.pm_tmr = (uint16_t)get32(fadt + FADT_PM_TMR);
    acpi.pm_tmr_bits = flags & FLAG_TMR_VAL_EXT ? 32 : 24;
    acpi.smi_cmd = (uint16_t)get32(fadt + FADT_SMI_CMD);
    acpi.acpi_enable = fadt[FADT_ACPI_ENABLE];
    if (get32(fadt + 4) > FADT_RESET_VALUE && (flags & FLAG_RESET_REG_SUP) &&
        fadt[FADT_RESET_REG] == GAS_IO) {
        acpi.has_reset = true;
        acpi.reset_port = (uint16_t)get32(fadt + FADT_RESET_REG + 4);
        acpi.reset_value = fadt[FADT_RESET_VALUE];
    }
    done = true;
    return &acpi;
}

static void enable(const struct acpi *a)
{
    if (!(inw(a->pm1a_cnt) & SCI_EN) && a->smi_cmd && a->acpi_enable) {
        outb(a->smi_cmd, a->acpi_enable);
        (void)wait_for(inw(a->pm1a_cnt) & SCI_EN, 300);
    }
}

/* What a PCI function loses by a reset and firmware does not give it back on the way out of S3. */
static const uint8_t kept[] = {0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x30, 0x3c, 0x04};
#define MOST_FUNCTIONS 32

extern void cpu_suspend(uint32_t port, uint32_t value);
extern const uint8_t wake_vector[];

bool acpi_suspend(void)
{
    const struct acpi *a = acpi_tables(NULL);
    struct pci_dev dev[MOST_FUNCTIONS];
    uint32_t config[MOST_FUNCTIONS][ARRAY_SIZE(kept)];
    unsigned n = 0;
    if (!a || !a->has_s3 || !a->facs || !a->pm1a_cnt || !a->pm1a_evt)
        return false;
    enable(a);
    for (; n < MOST_FUNCTIONS && pci_find_class(0, 0, n, &dev[n]); n++)
        for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
            config[n][i] = pci_read32(&dev[n], kept[i]);
    mmio_write32(a->facs + FACS_WAKING_VECTOR, (uint32_t)(uintptr_t)wake_vector);
    outw(a->pm1a_evt, PM1_WAK_STS);
    console_drain();
    cpu_suspend(a->pm1a_cnt, (uint32_t)a->s3_typ_a << SLP_TYP_SHIFT | SLP_EN | SCI_EN);
    irq_init();
    console_init();
    for (unsigned d = 0; d < n; d++)
        for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
            pci_write32(&dev[d], kept[i], config[d][i]);
    return true;
}

void acpi_poweroff(void)
{
    const struct acpi *a = acpi_tables(NULL);
    if (!a || !a->pm1a_cnt || !a->has_s5)
        return;
    enable(a);
    outw(a->pm1a_cnt, (uint16_t)(a->slp_typ_a << SLP_TYP_SHIFT | SLP_EN));
    if (a->pm1b_cnt)
        outw(a->pm1b_cnt, (uint16_t)(a->slp_typ_b << SLP_TYP_SHIFT | SLP_EN));
    time_sleep(2000);
}
