/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Randomness: what the processor's generator gives (Intel's manual, RDSEED and RDRAND) and the
 * jitter of the cycle counter, mixed into core/random.h. Neither has to be trusted alone.
 */
#include "core/random.h"
#include "core/log.h"
#include "hypercall.h"
#include "pv.h"
#include <xen/version.h>

#define CPUID_1_ECX_RDRAND (UINT32_C(1) << 30)
#define CPUID_7_EBX_RDSEED (UINT32_C(1) << 18)

#define SEED_WORDS     8u   /* 512 bits from the processor's generator */
#define RDSEED_TRIES   100u /* it may be empty for a while */
#define RDRAND_TRIES   10u  /* ten failures in a row mean that it is broken */
#define JITTER_SAMPLES 256u
/* With a generator in the processor its words join the state so often. */
#define RESEED_NS UINT64_C(60000000000)

static struct {
    bool seeded, rdseed, rdrand;
    uint64_t reseed_at;
    struct random_state state;
} generator;

static uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* What Xen lets this domain use, which is not always what the processor itself says. */
static void cpuid(uint32_t leaf, uint32_t *ebx, uint32_t *ecx)
{
    uint32_t eax = leaf, edx;

    *ecx = 0;
    __asm__ volatile(XEN_CPUID : "+a"(eax), "=b"(*ebx), "+c"(*ecx), "=d"(edx));
}

static void find_generator(void)
{
    uint32_t ebx, ecx;

    cpuid(1, &ebx, &ecx);
    generator.rdrand = (ecx & CPUID_1_ECX_RDRAND) != 0;
    cpuid(7, &ebx, &ecx);
    generator.rdseed = (ebx & CPUID_7_EBX_RDSEED) != 0;
}

static bool rdseed(uint64_t *word)
{
    for (unsigned i = 0; generator.rdseed && i < RDSEED_TRIES; i++) {
        bool ok;

        __asm__ volatile("rdseed %0" : "=r"(*word), "=@ccc"(ok));
        if (ok)
            return true;
        __asm__ volatile("pause");
    }
    return false;
}

static bool rdrand(uint64_t *word)
{
    for (unsigned i = 0; generator.rdrand && i < RDRAND_TRIES; i++) {
        bool ok;

        __asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(ok));
        if (ok)
            return true;
    }
    return false;
}

/* Words of the processor's generator; returns whether all of them came. */
static bool mix_processor(void)
{
    uint64_t words[SEED_WORDS] = {0};
    bool all = true;

    for (unsigned i = 0; i < SEED_WORDS; i++)
        all = (rdseed(&words[i]) || rdrand(&words[i])) && all;
    random_mix(&generator.state, words, sizeof(words));
    return all;
}

/*
 * How long calls into Xen take, to the cycle: caches and interrupts make that uneven. A call that
 * does not give the processor up: on a busy host each of those might take milliseconds.
 */
static void mix_jitter(void)
{
    uint64_t samples[4];

    for (unsigned i = 0; i < JITTER_SAMPLES; i++) {
        uint64_t before = rdtsc();

        hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0);
        samples[i % 4] = rdtsc() - before;
        if (i % 4 == 3)
            random_mix(&generator.state, samples, sizeof(samples));
    }
}

/* Known to some, but different in each domain and each run. */
static void mix_identity(void)
{
    const uint64_t words[] = {plat_wallclock(), rdtsc(), pv_start_info->shared_info,
                              pv_start_info->store_mfn};

    random_mix(&generator.state, words, sizeof(words));
}

static void seed(void)
{
    find_generator();
    mix_identity();
    mix_jitter();
    if (!mix_processor())
        log_warning("random: the processor gives no random numbers, those of this domain come from "
                    "the jitter of its clock alone");
    generator.seeded = true;
    generator.reseed_at = plat_monotonic() + RESEED_NS;
}

void plat_random(void *buf, size_t n)
{
    uint64_t now = rdtsc();

    if (!generator.seeded)
        seed();
    random_mix(&generator.state, &now, sizeof(now));
    if ((generator.rdseed || generator.rdrand) && plat_monotonic() >= generator.reseed_at) {
        (void)mix_processor();
        generator.reseed_at = plat_monotonic() + RESEED_NS;
    }
    random_make(&generator.state, buf, n);
}
