#include "audit/past.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 32
/* The complete ones of a block, without its root. */
#define SUBTREES (2 * TILE_WIDTH - 2)

struct block {
    bool is_there;
    uint64_t k;
    struct hash subtree[SUBTREES]; /* the leaves first */
};

struct past_blocks {
    struct block growing;
    struct block full[SLOTS]; /* the last ones, and those asked for */
};

/* Where the subtrees of a level begin: behind 256 + 128 + ... of those below.
 */
static size_t
subtree_at(unsigned level, uint64_t index)
{
    return (size_t)(2 * TILE_WIDTH) - ((size_t)(2 * TILE_WIDTH) >> level) +
           (size_t)(index & ((TILE_WIDTH >> level) - 1));
}

void
past_init(struct past *p)
{
    memset(p, 0, sizeof *p);
}

void
past_clear(struct past *p)
{
    free(p->kept.hashes);
    for (unsigned l = 0; l < PAST_LEVELS; l++)
        free(p->above[l].hashes);
    free(p->blocks);
    past_init(p);
}

void
past_read_by(struct past *p, past_leaves_fn read, void *ctx)
{
    p->read = read;
    p->ctx = ctx;
}

/* ---- Growing ---- */

static enum sv_err
keep(struct past_level *l, const struct hash *h)
{
    if (l->n == l->cap) {
        size_t cap = l->cap == 0 ? TILE_WIDTH : 2 * l->cap;
        void *more = reallocarray(l->hashes, cap, sizeof *l->hashes);

        if (more == NULL)
            return SV_ERR_NOMEM;
        l->hashes = more;
        l->cap = cap;
    }
    l->hashes[l->n++] = *h;
    return SV_OK;
}

enum sv_err
past_append(struct past *p, const struct hash done[], unsigned n)
{
    enum sv_err err = SV_OK;
    struct block *b;

    if (p->blocks == NULL && (p->blocks = calloc(1, sizeof *p->blocks)) == NULL)
        return SV_ERR_NOMEM;
    b = &p->blocks->growing;
    b->is_there = true;
    b->k = p->size / TILE_WIDTH;
    for (unsigned l = 0; l < n && l < TILE_BITS; l++)
        b->subtree[subtree_at(l, p->size >> l)] = done[l];
    for (unsigned l = TILE_BITS; l < n && err == SV_OK; l++)
        err = keep(&p->above[l - TILE_BITS], &done[l]);
    if (err == SV_OK && p->read == NULL)
        err = keep(&p->kept, &done[0]);
    if (err != SV_OK)
        return err;
    if (++p->size % TILE_WIDTH == 0)
        p->blocks->full[b->k % SLOTS] = *b;
    return SV_OK;
}

/* ---- Asking ---- */

static void
grow_subtrees(struct block *b)
{
    for (unsigned l = 1; l < TILE_BITS; l++)
        for (unsigned i = 0; i < TILE_WIDTH >> l; i++)
            b->subtree[subtree_at(l, i)] =
                tree_node(&b->subtree[subtree_at(l - 1, (uint64_t)2 * i)],
                          &b->subtree[subtree_at(l - 1, (uint64_t)2 * i + 1)]);
}

static enum sv_err
load(const struct past *p, uint64_t k, struct block *b)
{
    enum sv_err err = SV_OK;
    struct hash root;

    b->is_there = false;
    if (p->read != NULL)
        err = p->read(p->ctx, k, b->subtree);
    else
        memcpy(b->subtree, &p->kept.hashes[k * TILE_WIDTH],
               TILE_WIDTH * sizeof *b->subtree);
    if (err != SV_OK)
        return err;
    grow_subtrees(b);
    root = tree_node(&b->subtree[SUBTREES - 2], &b->subtree[SUBTREES - 1]);
    if (!hash_equal(&root, &p->above[0].hashes[k]))
        return SV_ERR_IO;
    b->k = k;
    b->is_there = true;
    return SV_OK;
}

/* A tree_read_fn. */
static enum sv_err
read_subtree(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct past *p = *(const struct past **)ctx;
    uint64_t k = index >> (TILE_BITS - (level < TILE_BITS ? level : TILE_BITS));
    struct block *b = &p->blocks->growing;

    if (level >= TILE_BITS) {
        *out = p->above[level - TILE_BITS].hashes[index];
        return SV_OK;
    }
    if (k == p->size / TILE_WIDTH) {
        *out = b->subtree[subtree_at(level, index)];
        return SV_OK;
    }
    b = &p->blocks->full[k % SLOTS];
    if (!b->is_there || b->k != k) {
        enum sv_err err = load(p, k, b);

        if (err != SV_OK)
            return err;
    }
    *out = b->subtree[subtree_at(level, index)];
    return SV_OK;
}

enum sv_err
past_root(const struct past *p, uint64_t size, struct hash *out)
{
    if (size > p->size)
        return SV_ERR_RANGE;
    return tree_root(size, read_subtree, &p, out);
}
