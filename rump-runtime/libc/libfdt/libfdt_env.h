/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * What libfdt asks of its environment: C library headers and the byte order of the tree, which is
 * big-endian. Takes the place of the header that ties Xen's copy of libfdt to the hypervisor.
 */
#ifndef LIBFDT_ENV_H
#define LIBFDT_ENV_H

#include <endian.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint16_t fdt16_t;
typedef uint32_t fdt32_t;
typedef uint64_t fdt64_t;

static inline uint16_t fdt16_to_cpu(fdt16_t x)
{
    return be16toh(x);
}

static inline fdt16_t cpu_to_fdt16(uint16_t x)
{
    return htobe16(x);
}

static inline uint32_t fdt32_to_cpu(fdt32_t x)
{
    return be32toh(x);
}

static inline fdt32_t cpu_to_fdt32(uint32_t x)
{
    return htobe32(x);
}

static inline uint64_t fdt64_to_cpu(fdt64_t x)
{
    return be64toh(x);
}

static inline fdt64_t cpu_to_fdt64(uint64_t x)
{
    return htobe64(x);
}

#endif
