#ifndef SV_TESTS_SUPPORT_KEPT_TREE_H
#define SV_TESTS_SUPPORT_KEPT_TREE_H

#include "audit/tree.h"
#include "tests/support/support.h"

#define KEPT_LEVELS 10
#define KEPT_MAX 512

/* A tree with its complete subtrees kept, as the store keeps them, and what it
 * was at each size. */
struct kept {
    struct tree_frontier frontier;
    struct hash at[KEPT_LEVELS][KEPT_MAX];
    struct hash root[KEPT_MAX + 1];
    struct hash leaf[KEPT_MAX];
    unsigned reads;   /* how often kept_read() was asked */
    unsigned fail_at; /* the read that fails, from 1; 0: none */
};

/* Empty; the caller calls free(). */
struct kept *kept_new(void);
/* Of n leaves, each the byte of its index. */
struct kept *kept_bytes(unsigned n);
void kept_append(struct kept *k, struct bytes entry);
/* A tree_read_fn; only what is complete in the tree may be asked for. */
enum sv_err kept_read(void *ctx, unsigned level, uint64_t index,
                      struct hash *out);

#endif
