#ifndef SV_AUDIT_TREE_H
#define SV_AUDIT_TREE_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/sha256.h"

/*
 * The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1), with
 * SHA-256.  Its complete subtrees are stored when they fill, so that
 * appending and proving read O(log n) hashes and nothing is rewritten.
 */
struct hash {
    uint8_t b[SHA256_LEN];
};

#define TREE_LEVELS 64

bool hash_equal(const struct hash *a, const struct hash *b);

struct hash tree_leaf(struct bytes entry); /* SHA-256(0x00 || entry) */
struct hash tree_node(const struct hash *left, const struct hash *right);
struct hash tree_empty(void); /* SHA-256("") */

/*
 * The frontier: the roots of the complete subtrees of a tree of `size`
 * leaves, from which root and appending follow without reading anything.
 * peak[l] is the root of the complete subtree of 2^l leaves where bit l of
 * size is set.
 */
struct tree_frontier {
    uint64_t size;
    struct hash peak[TREE_LEVELS];
};

void frontier_init(struct tree_frontier *f);
struct hash frontier_root(const struct tree_frontier *f);
/*
 * Add a leaf hash.  The subtrees that it completes, the leaf first, go to
 * done[0 .. *n - 1]: done[l] is the one at level l with index
 * (old size >> l).  *n is 1 + the trailing one bits of the old size.
 */
void frontier_append(struct tree_frontier *f, const struct hash *leaf,
                     struct hash done[static TREE_LEVELS], unsigned *n);

/*
 * Where stored subtrees come from: the root of the complete subtree at
 * `level` (0: leaves) with `index`, which covers the leaves
 * index << level ... ((index + 1) << level) - 1.
 */
typedef enum sv_err (*tree_read_fn)(void *ctx, unsigned level, uint64_t index,
                                    struct hash *out);

enum sv_err frontier_read(uint64_t size, tree_read_fn read, void *ctx,
                          struct tree_frontier *out);
/* The root of the first `size` leaves of the tree behind read. */
enum sv_err tree_root(uint64_t size, tree_read_fn read, void *ctx,
                      struct hash *out);

/* A proof holds at most one hash for each level and one more. */
#define TREE_PROOF_MAX (TREE_LEVELS + 1)
struct tree_proof {
    unsigned n;
    struct hash hash[TREE_PROOF_MAX];
};

/* SV_ERR_RANGE unless index < size, or m <= n (and m > 0). */
enum sv_err tree_inclusion(uint64_t index, uint64_t size, tree_read_fn read,
                           void *ctx, struct tree_proof *out);
enum sv_err tree_consistency(uint64_t m, uint64_t n, tree_read_fn read,
                             void *ctx, struct tree_proof *out);

/* SV_ERR_TAMPERED where the proof does not lead to the root. */
enum sv_err tree_verify_inclusion(uint64_t index, uint64_t size,
                                  const struct hash *leaf,
                                  const struct tree_proof *proof,
                                  const struct hash *root);
/* m == 0 is consistent with everything by an empty proof, if old is the
 * empty root. */
enum sv_err tree_verify_consistency(uint64_t m, uint64_t n,
                                    const struct hash *old_root,
                                    const struct hash *new_root,
                                    const struct tree_proof *proof);

/* Frontier and root over n leaf hashes in memory, as of a batch's items. */
struct tree_frontier frontier_of(const struct hash *leaves, size_t n);
struct hash tree_root_of(const struct hash *leaves, size_t n);

/*
 * Their complete subtrees, level by level, for the paths of many of them.
 * Owns the memory behind level[0]; tree_levels_free() accepts a zeroed one.
 */
struct tree_levels {
    size_t n;
    struct hash *level[TREE_LEVELS];
};
enum sv_err tree_levels_new(const struct hash *leaves, size_t n,
                            struct tree_levels *out);
void tree_levels_free(struct tree_levels *t);
/* The inclusion proof of leaf index.  SV_ERR_RANGE unless index < n. */
enum sv_err tree_levels_path(const struct tree_levels *t, size_t index,
                             struct tree_proof *out);

/* u8 n and n hashes.  A proof of more than TREE_PROOF_MAX is malformed. */
enum sv_err tree_proof_encode(const struct tree_proof *p, struct buf *out);
/* From the front of *in, which moves behind it. */
enum sv_err tree_proof_decode(struct bytes *in, struct tree_proof *out);

#endif
