/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * region_tree.h - disjoint ranges of addresses in order, for core/vm.c.
 *
 * A program that maps a guest's memory piece by piece has ten thousand of them, and changes them
 * all in one go when the guest's memory changes: finding one, a free range between them, and adding
 * or taking one away cost O(log n) each. The nodes are the caller's.
 */
#ifndef CORE_REGION_TREE_H
#define CORE_REGION_TREE_H

#include <stddef.h>
#include <stdint.h>

/* Part of a region; `start` and `end` are the caller's to set, the rest is private. */
struct region_node {
    uintptr_t start, end; /* bytes, start < end */
    struct region_node *parent, *left, *right;
    uintptr_t first, last; /* start and end of all of the subtree */
    size_t hole;           /* the largest free range between two regions of the subtree, bytes */
    uint32_t weight;       /* random, no smaller than the children's: keeps the tree flat */
};

struct region_tree {
    struct region_node *root;
    uint32_t random;
};

/* Adds a range that overlaps none of the tree's. */
void region_insert(struct region_tree *tree, struct region_node *node);
void region_remove(struct region_tree *tree, struct region_node *node);

/* To be called when a node's start or end was changed; its place among the others must be the same.
 */
void region_changed(struct region_node *node);

/* The first range that ends after va, NULL when there is none. */
struct region_node *region_after(const struct region_tree *tree, uintptr_t va);

/* The neighbours; NULL at the ends. */
struct region_node *region_next(const struct region_node *node);
struct region_node *region_prev(const struct region_node *node);

/*
 * The highest free range of len > 0 bytes in [low, high), which all ranges of the tree lie in.
 * Returns its start, 0 when there is none.
 */
uintptr_t region_hole(const struct region_tree *tree, uintptr_t low, uintptr_t high, size_t len);

#endif
