#ifndef SV_AUDIT_PAST_H
#define SV_AUDIT_PAST_H

#include "audit/tile.h"

/*
 * The roots that a growing tree had, at each of its sizes.  Of subtrees of
 * 256 leaves and more all are kept, a quarter of a byte for each entry; of
 * smaller ones those of the last blocks of 256 leaves.  Where the leaves of
 * older blocks can be read again, they are not kept either.
 */
#define PAST_LEVELS (TREE_LEVELS - TILE_BITS)

/* The leaves of a full block.  They are believed only where they lead to the
 * root that the block had. */
typedef enum sv_err (*past_leaves_fn)(void *ctx, uint64_t block,
                                      struct hash out[static TILE_WIDTH]);

struct past_level {
    size_t n, cap;
    struct hash *hashes;
};

struct past {
    past_leaves_fn read; /* NULL: leaves are kept */
    void *ctx;
    uint64_t size;
    struct past_level kept; /* leaves */
    struct past_level above[PAST_LEVELS];
    struct past_blocks *blocks;
};

/* past_clear() accepts a zeroed one. */
void past_init(struct past *p);
void past_clear(struct past *p);
/* Before the first leaf. */
void past_read_by(struct past *p, past_leaves_fn read, void *ctx);

/* What frontier_append() made of the next leaf. */
enum sv_err past_append(struct past *p, const struct hash done[], unsigned n);
/* SV_ERR_RANGE over the present size; SV_ERR_IO where leaves that are read
 * again are not those that were there. */
enum sv_err past_root(const struct past *p, uint64_t size, struct hash *out);

#endif
