/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Ranges of addresses as a treap (region_tree.h): a search tree by address, and by random weights a
 * heap, so that its depth is logarithmic whatever the order of changes.
 */
#include "core/region_tree.h"

#include "core/log.h"

static uint32_t next_weight(struct region_tree *tree)
{
    uint32_t x = tree->random != 0 ? tree->random : 1;

    x ^= x << 13; /* Marsaglia's xorshift: never 0 */
    x ^= x >> 17;
    x ^= x << 5;
    tree->random = x;
    return x;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* What a node says of its subtree follows from it and its children. */
static void summarise(struct region_node *n)
{
    n->first = n->start;
    n->last = n->end;
    n->hole = 0;
    if (n->left != NULL) {
        n->first = n->left->first;
        n->hole = larger(n->left->hole, n->start - n->left->last);
    }
    if (n->right != NULL) {
        n->last = n->right->last;
        n->hole = larger(n->hole, larger(n->right->hole, n->right->first - n->end));
    }
}

void region_changed(struct region_node *node)
{
    for (; node != NULL; node = node->parent)
        summarise(node);
}

/* Puts `by`, which may be NULL, where n is below n's parent. */
static void replace(struct region_tree *tree, const struct region_node *n, struct region_node *by)
{
    if (n->parent == NULL)
        tree->root = by;
    else if (n->parent->left == n)
        n->parent->left = by;
    else
        n->parent->right = by;
    if (by != NULL)
        by->parent = n->parent;
}

/* Turns a node and its parent: the node comes to stand above. */
static void rise(struct region_tree *tree, struct region_node *n)
{
    struct region_node *p = n->parent, *between;

    replace(tree, p, n);
    if (p->left == n) {
        between = n->right;
        n->right = p;
        p->left = between;
    } else {
        between = n->left;
        n->left = p;
        p->right = between;
    }
    if (between != NULL)
        between->parent = p;
    p->parent = n;
    summarise(p);
    summarise(n);
}

void region_insert(struct region_tree *tree, struct region_node *node)
{
    struct region_node **at = &tree->root, *parent = NULL;

    while (*at != NULL) {
        parent = *at;
        kassert(node->end <= parent->start || parent->end <= node->start);
        at = node->start < parent->start ? &parent->left : &parent->right;
    }
    *at = node;
    node->parent = parent;
    node->left = node->right = NULL;
    node->weight = next_weight(tree);
    while (node->parent != NULL && node->parent->weight < node->weight)
        rise(tree, node);
    region_changed(node);
}

void region_remove(struct region_tree *tree, struct region_node *node)
{
    while (node->left != NULL && node->right != NULL)
        rise(tree, node->left->weight > node->right->weight ? node->left : node->right);
    replace(tree, node, node->left != NULL ? node->left : node->right);
    region_changed(node->parent);
}

struct region_node *region_after(const struct region_tree *tree, uintptr_t va)
{
    struct region_node *n = tree->root, *found = NULL;

    while (n != NULL) {
        if (n->end > va) {
            found = n;
            n = n->left;
        } else {
            n = n->right;
        }
    }
    return found;
}

struct region_node *region_next(const struct region_node *node)
{
    struct region_node *n = node->right;

    if (n != NULL) {
        while (n->left != NULL)
            n = n->left;
        return n;
    }
    while (node->parent != NULL && node->parent->right == node)
        node = node->parent;
    return node->parent;
}

struct region_node *region_prev(const struct region_node *node)
{
    struct region_node *n = node->left;

    if (n != NULL) {
        while (n->right != NULL)
            n = n->right;
        return n;
    }
    while (node->parent != NULL && node->parent->left == node)
        node = node->parent;
    return node->parent;
}

uintptr_t region_hole(const struct region_tree *tree, uintptr_t low, uintptr_t high, size_t len)
{
    const struct region_node *n = tree->root;

    if (n == NULL)
        return high - low >= len ? high - len : 0;
    if (high - n->last >= len)
        return high - len;
    if (n->hole < len)
        return n->first - low >= len ? n->first - len : 0;
    for (;;) {
        /* There is one in n's subtree; the higher ones are looked at first. */
        if (n->right != NULL && n->right->hole >= len)
            n = n->right;
        else if (n->right != NULL && n->right->first - n->end >= len)
            return n->right->first - len;
        else if (n->left != NULL && n->start - n->left->last >= len)
            return n->start - len;
        else
            n = n->left;
    }
}
