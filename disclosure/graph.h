#ifndef SV_DISCLOSURE_GRAPH_H
#define SV_DISCLOSURE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The junction tree of a graph: its maximal cliques once it is triangulated,
 * each tied to one before it by what both have.  Of each node, the cliques
 * that have it are connected.  (Lauritzen, Graphical Models, 1996, chapter 2;
 * elimination by least fill-in.)
 */
struct graph {
    size_t n, n_words;
    uint64_t *edges;  /* n rows of n_words; owned */
    uint64_t *weight; /* of each node, at least 1: how many values; owned */
};

enum sv_err graph_init(struct graph *g, size_t n);
void graph_clear(struct graph *g); /* accepts zeroed */
void graph_edge(struct graph *g, size_t a, size_t b);

#define JUNCTION_ROOT SIZE_MAX
struct junction {
    size_t n, n_words;
    uint64_t *cliques; /* n rows of n_words, nodes as bits; owned */
    size_t *parent;    /* a clique before it, JUNCTION_ROOT for the first */
};

/*
 * At least one clique, of no nodes where the graph has none; cliques that
 * have nothing in common with those before are tied by nothing, to the first.
 * SV_ERR_RANGE where the product of a clique's weights is over max.
 */
enum sv_err junction_make(const struct graph *g, uint64_t max,
                          struct junction *out);
void junction_clear(struct junction *j); /* accepts zeroed */

static inline bool
bit_is_set(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> i % 64 & 1) != 0;
}

static inline void
bit_set(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

/* Is all of a in b? */
static inline bool
bits_within(const uint64_t *a, const uint64_t *b, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        if ((a[i] & ~b[i]) != 0)
            return false;
    return true;
}

static inline size_t
bits_count(const uint64_t *bits, size_t n_words)
{
    size_t n = 0;

    for (size_t i = 0; i < n_words; i++)
        n += (size_t)__builtin_popcountll(bits[i]);
    return n;
}

#endif
