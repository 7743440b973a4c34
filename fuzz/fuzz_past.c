/*
 * A growing tree and the roots that it had: what follows are the sizes, as
 * u16, that are asked for while it grows to the first of them.
 * Covers: audit/past.c audit/tree.c audit/tile.c
 */
#include <stdlib.h>
#include <string.h>

#include "audit/past.h"
#include "base/codec.h"

#include "fuzz/fuzz.h"

#define LEAVES 2048

/* The leaves and roots of one tree, made once. */
static const struct {
    struct hash leaf[LEAVES];
    struct hash root[LEAVES + 1];
} * truth;

static void
make_truth(void)
{
    struct hash(*made)[2 * LEAVES + 1] = calloc(1, sizeof *truth);
    struct hash *leaf = *made, *root = *made + LEAVES;
    struct hash done[TREE_LEVELS];
    struct tree_frontier f;
    unsigned n;

    demand(made != NULL);
    frontier_init(&f);
    root[0] = tree_empty();
    for (uint32_t i = 0; i < LEAVES; i++) {
        leaf[i] = tree_leaf(bytes_of(&i, sizeof i));
        frontier_append(&f, &leaf[i], done, &n);
        root[i + 1] = frontier_root(&f);
    }
    truth = (const void *)made;
}

static enum sv_err
read_leaves(void *ctx, uint64_t block, struct hash out[static TILE_WIDTH])
{
    (void)ctx;
    demand((block + 1) * TILE_WIDTH <= LEAVES);
    memcpy(out, &truth->leaf[block * TILE_WIDTH], TILE_WIDTH * sizeof *out);
    return SV_OK;
}

static void
ask(const struct past *p, uint64_t size)
{
    struct hash got;
    enum sv_err err = past_root(p, size, &got);

    demand((err == SV_OK) == (size <= p->size));
    demand(err != SV_OK || hash_equal(&got, &truth->root[size]));
}

/* The proof from one size to another, and that no other leads there. */
static enum sv_err
read_hash(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    (void)ctx;
    *out = tree_root_of(truth->leaf + (index << level), (size_t)1 << level);
    return SV_OK;
}

static void
check_proofs(uint64_t m, uint64_t n, uint16_t flip)
{
    struct tree_proof p;
    struct hash *at;

    if (m == 0 || m > n)
        return;
    demand(tree_consistency(m, n, read_hash, NULL, &p) == SV_OK);
    demand(tree_verify_consistency(m, n, &truth->root[m], &truth->root[n],
                                   &p) == SV_OK);
    if (p.n == 0)
        return;
    at = &p.hash[flip % p.n];
    at->b[flip / p.n % sizeof at->b] ^= 1;
    demand(tree_verify_consistency(m, n, &truth->root[m], &truth->root[n],
                                   &p) == SV_ERR_TAMPERED);
}

void
fuzz_one(struct bytes in)
{
    struct reader r;
    struct past p;
    struct tree_frontier f;
    struct hash done[TREE_LEVELS];
    bool reads = fuzz_choice(&in) % 2 == 1;
    uint16_t to, at = 0;
    unsigned n;

    if (truth == NULL)
        make_truth();
    r = reader_of(in);
    to = reader_u16(&r) % (LEAVES + 1);
    past_init(&p);
    if (reads)
        past_read_by(&p, read_leaves, NULL);
    frontier_init(&f);
    for (uint32_t i = 0; i < to; i++) {
        frontier_append(&f, &truth->leaf[i], done, &n);
        demand(past_append(&p, done, n) == SV_OK);
        if (i % 128 == 0 && !r.failed)
            ask(&p, reader_u16(&r) % LEAVES);
    }
    for (unsigned k = 0; !r.failed && k < 16; k++) {
        at = reader_u16(&r) % LEAVES;
        ask(&p, at);
        check_proofs(at, to, reader_u16(&r));
    }
    past_clear(&p);
}

void
fuzz_seeds(struct seeds *s)
{
    seed_choice(s, 0,
                bytes_text("\x01\x07\x00\x01"
                           "12345678"));
    seed_choice(s, 1,
                bytes_text("\x07\x07"
                           "1234567890abcdefghij0123456789"));
}
