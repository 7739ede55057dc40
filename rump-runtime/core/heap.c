/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Small objects: size classes cut from single pages; larger ones are page blocks. A 16-byte header
 * before each object names its owner, its size and how to free it, and catches double frees.
 */
#include <stdbool.h>

#include "core/list.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/sanitize.h"
#include "core/scarcity.h"
#include "core/string.h"
#include "platform/platform.h"

#define MAGIC_LIVE 0x6c697665u
#define MAGIC_DEAD 0x64656164u
#define KIND_LARGE 0xffu

struct header {
    uint32_t magic;
    uint8_t owner;
    uint8_t kind;    /* size class, or KIND_LARGE */
    uint16_t offset; /* from the start of the cell or block to this header */
    uint32_t size;   /* bytes accounted to the owner */
    uint8_t order;   /* of a KIND_LARGE block */
    uint8_t reserved[3];
};
_Static_assert(sizeof(struct header) == 16, "objects stay 16-aligned");

/* Cell sizes, header included: chosen so that little of a page is left over. */
static const uint16_t class_size[] = {32,  48,  64,  80,  112,  144, 208,
                                      272, 400, 576, 800, 1344, 2032};
#define CLASSES (sizeof(class_size) / sizeof(class_size[0]))

/* At the start of each page of cells. */
struct slab {
    struct list link; /* on partial[class] while it has free cells */
    struct cell *free;
    uint16_t used;
    uint16_t class;
    uint32_t reserved;
};
struct cell {
    uint64_t header; /* keeps MAGIC_DEAD readable, so that a second free is told from garbage */
    struct cell *next;
};
_Static_assert(sizeof(struct slab) == 32, "cells stay 16-aligned");

static struct list partial[CLASSES];
static bool initialised;

static struct slab *slab_create(unsigned class)
{
    struct slab *s = pages_alloc(0, MEM_CORE);
    size_t size = class_size[class];

    if (s == NULL)
        return NULL;
    s->free = NULL;
    s->used = 0;
    s->class = (uint16_t)(class);
    for (size_t at = sizeof(*s); at + size <= PLAT_PAGE_SIZE; at += size) {
        struct cell *c = (struct cell *)((char *)s + at);

        c->header = 0;
        c->next = s->free;
        s->free = c;
        sanitize_forbid(c + 1, size - sizeof(*c));
    }
    list_add_head(&partial[class], &s->link);
    return s;
}

static char *cell_alloc(unsigned class)
{
    struct slab *s;
    struct cell *c;

    if (!initialised) {
        for (unsigned i = 0; i < CLASSES; i++)
            list_init(&partial[i]);
        initialised = true;
    }
    if (list_empty(&partial[class])) {
        s = slab_create(class);
        if (s == NULL)
            return NULL;
    } else {
        s = container_of(partial[class].next, struct slab, link);
    }
    c = s->free;
    s->free = c->next;
    s->used++;
    if (s->free == NULL)
        list_remove(&s->link);
    return (char *)c;
}

static void cell_free(char *cell)
{
    struct slab *s = (struct slab *)((uintptr_t)cell & ~(uintptr_t)PLAT_PAGE_MASK);
    struct cell *c = (struct cell *)cell;

    sanitize_forbid(cell, class_size[s->class]);
    sanitize_allow(c, sizeof(*c));
    if (s->free == NULL)
        list_add_head(&partial[s->class], &s->link);
    c->next = s->free;
    s->free = c;
    if (--s->used == 0) {
        list_remove(&s->link);
        pages_free(s, 0, MEM_CORE);
    }
}

static struct header *header_of(void *p)
{
    return (struct header *)((char *)p - sizeof(struct header));
}

void *kmalloc_aligned(size_t size, size_t align, enum mem_owner owner)
{
    size_t need = size + sizeof(struct header) + (align > 16 ? align - 16 : 0);
    char *block, *object;
    struct header *h;
    unsigned kind = KIND_LARGE, order = 0;
    size_t accounted;

    if (need < size || size > (size_t)1 << 31 || scarcity_refuses())
        return NULL;
    for (unsigned i = 0; i < CLASSES; i++) {
        if (need <= class_size[i]) {
            kind = i;
            break;
        }
    }
    if (kind != KIND_LARGE) {
        block = cell_alloc(kind);
        accounted = class_size[kind];
    } else {
        while ((PLAT_PAGE_SIZE << order) < need)
            order++;
        block = pages_alloc(order, MEM_CORE);
        accounted = PLAT_PAGE_SIZE << order;
    }
    if (block == NULL)
        return NULL;
    sanitize_allow(block, accounted);
    object = block + sizeof(*h);
    if (align > 16)
        object = (char *)(((uintptr_t)object + align - 1) & ~(uintptr_t)(align - 1));
    h = header_of(object);
    *h = (struct header){
        .magic = MAGIC_LIVE,
        .owner = (uint8_t)owner,
        .kind = (uint8_t)kind,
        .offset = (uint16_t)((char *)h - block),
        .size = (uint32_t)accounted,
        .order = (uint8_t)order,
    };
    memory_account(MEM_CORE, owner, accounted);
    /* The header is out of bounds for whoever gets the object; so is what was rounded up. */
    sanitize_forbid(block, accounted);
    sanitize_allow(object, size);
    return object;
}

void *kmalloc(size_t size, enum mem_owner owner)
{
    return kmalloc_aligned(size, 16, owner);
}

void *kzalloc(size_t size, enum mem_owner owner)
{
    void *p = kmalloc(size, owner);

    if (p != NULL)
        memset(p, 0, size);
    return p;
}

void kfree(void *p)
{
    struct header *h;
    char *block;

    if (p == NULL)
        return;
    h = header_of(p);
    sanitize_allow(h, sizeof(*h));
    if (h->magic == MAGIC_DEAD)
        panic("kfree: double free of %p in the kernel heap", p);
    if (h->magic != MAGIC_LIVE)
        panic("kfree: %p is not an object of the kernel heap", p);
    h->magic = MAGIC_DEAD;
    memory_account(h->owner, MEM_CORE, h->size);
    block = (char *)h - h->offset;
    if (h->kind == KIND_LARGE) {
        unsigned order = h->order;

        pages_free(block, order, MEM_CORE);
    } else {
        cell_free(block);
    }
}

char *kstrdup(const char *s, enum mem_owner owner)
{
    size_t n = strlen(s) + 1;
    char *copy = kmalloc(n, owner);

    if (copy != NULL)
        memcpy(copy, s, n);
    return copy;
}
