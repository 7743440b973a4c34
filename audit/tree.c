#include "audit/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"

bool
hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

/* The first byte keeps a leaf from passing for a node. */
struct hash
tree_leaf(struct bytes entry)
{
    static const uint8_t prefix[] = {0x00};
    struct sha256 s;
    struct hash out;

    sha256_begin(&s);
    sha256_add(&s, BYTES(prefix));
    sha256_add(&s, entry);
    sha256_end(&s, out.b);
    return out;
}

struct hash
tree_node(const struct hash *left, const struct hash *right)
{
    static const uint8_t prefix[] = {0x01};
    struct sha256 s;
    struct hash out;

    sha256_begin(&s);
    sha256_add(&s, BYTES(prefix));
    sha256_add(&s, BYTES(left->b));
    sha256_add(&s, BYTES(right->b));
    sha256_end(&s, out.b);
    return out;
}

struct hash
tree_empty(void)
{
    struct hash out;

    sha256(bytes_of("", 0), out.b);
    return out;
}

static bool
bit(uint64_t v, unsigned i)
{
    return (v >> i & 1) != 0;
}

/* ---- the frontier ---- */

void
frontier_init(struct tree_frontier *f)
{
    memset(f, 0, sizeof *f);
}

struct hash
frontier_root(const struct tree_frontier *f)
{
    struct hash root = tree_empty();
    bool first = true;

    for (unsigned l = 0; l < TREE_LEVELS; l++) {
        if (!bit(f->size, l))
            continue;
        root = first ? f->peak[l] : tree_node(&f->peak[l], &root);
        first = false;
    }
    return root;
}

void
frontier_append(struct tree_frontier *f, const struct hash *leaf,
                struct hash done[static TREE_LEVELS], unsigned *n)
{
    unsigned l = 0;

    assert(f->size < UINT64_MAX);
    done[0] = *leaf;
    for (; bit(f->size, l); l++)
        done[l + 1] = tree_node(&f->peak[l], &done[l]);
    f->peak[l] = done[l];
    f->size++;
    *n = l + 1;
}

enum sv_err
frontier_read(uint64_t size, tree_read_fn read, void *ctx,
              struct tree_frontier *out)
{
    struct tree_frontier f;

    frontier_init(&f);
    f.size = size;
    for (unsigned l = 0; l < TREE_LEVELS; l++) {
        enum sv_err err = SV_OK;

        if (bit(size, l))
            err = read(ctx, l, (size >> l) - 1, &f.peak[l]);
        if (err != SV_OK)
            return err;
    }
    *out = f;
    return SV_OK;
}

/* ---- roots and proofs from stored subtrees ---- */

/*
 * MTH(D[lo:lo + n]), n > 0, where lo is a multiple of the largest power of
 * two in n, as it is for every subtree that a proof names.
 */
static enum sv_err
range_root(uint64_t lo, uint64_t n, tree_read_fn read, void *ctx,
           struct hash *out)
{
    struct hash root = {{0}};
    bool first = true;

    for (unsigned l = 0; l < TREE_LEVELS; l++) {
        uint64_t before;
        struct hash peak;
        enum sv_err err;

        if (!bit(n, l))
            continue;
        before = n >> l >> 1 << 1 << l; /* leaves in the larger peaks */
        err = read(ctx, l, (lo + before) >> l, &peak);
        if (err != SV_OK)
            return err;
        root = first ? peak : tree_node(&peak, &root);
        first = false;
    }
    *out = root;
    return SV_OK;
}

enum sv_err
tree_root(uint64_t size, tree_read_fn read, void *ctx, struct hash *out)
{
    if (size == 0) {
        *out = tree_empty();
        return SV_OK;
    }
    return range_root(0, size, read, ctx, out);
}

/* The largest power of two below n; n > 1. */
static uint64_t
split(uint64_t n)
{
    uint64_t k = 1;

    while (k < n - k)
        k *= 2;
    return k;
}

/* The way down from a root: a subtree of n leaves from lo. */
struct descent {
    uint64_t lo;
    uint64_t n;
    tree_read_fn read;
    void *ctx;
    struct tree_proof proof; /* root's child first */
};

static enum sv_err
keep_range(struct descent *d, uint64_t lo, uint64_t n)
{
    enum sv_err err =
        range_root(lo, n, d->read, d->ctx, &d->proof.hash[d->proof.n]);

    if (err == SV_OK)
        d->proof.n++;
    return err;
}

/* Go on in one half, and keep the root of the other. */
static enum sv_err
descend(struct descent *d, uint64_t k, bool left)
{
    enum sv_err err;

    if (left) {
        err = keep_range(d, d->lo + k, d->n - k);
        d->n = k;
    } else {
        err = keep_range(d, d->lo, k);
        d->lo += k;
        d->n -= k;
    }
    return err;
}

/* Proofs begin at the bottom. */
static void
turn(const struct tree_proof *down, struct tree_proof *up)
{
    memset(up, 0, sizeof *up);
    up->n = down->n;
    for (unsigned i = 0; i < down->n; i++)
        up->hash[i] = down->hash[down->n - 1 - i];
}

/* RFC 9162, 2.1.3.1 */
enum sv_err
tree_inclusion(uint64_t index, uint64_t size, tree_read_fn read, void *ctx,
               struct tree_proof *out)
{
    struct descent d = {.lo = 0, .n = size, .read = read, .ctx = ctx};

    if (index >= size)
        return SV_ERR_RANGE;
    while (d.n > 1) {
        uint64_t k = split(d.n);
        enum sv_err err = descend(&d, k, index - d.lo < k);

        if (err != SV_OK)
            return err;
    }
    turn(&d.proof, out);
    return SV_OK;
}

/* RFC 9162, 2.1.4.1 */
enum sv_err
tree_consistency(uint64_t m, uint64_t n, tree_read_fn read, void *ctx,
                 struct tree_proof *out)
{
    struct descent d = {.lo = 0, .n = n, .read = read, .ctx = ctx};
    enum sv_err err = SV_OK;

    if (m == 0 || m > n)
        return SV_ERR_RANGE;
    while (m - d.lo != d.n) {
        uint64_t k = split(d.n);

        err = descend(&d, k, m - d.lo <= k);
        if (err != SV_OK)
            return err;
    }
    /* From the left edge, the subtree is the old tree: the verifier has it. */
    if (d.lo != 0)
        err = keep_range(&d, d.lo, d.n);
    if (err != SV_OK)
        return err;
    turn(&d.proof, out);
    return SV_OK;
}

/* ---- verification ---- */

/* Where a verifier is on its way up: a node, and the last of its level. */
struct ascent {
    uint64_t node;
    uint64_t last;
};

static void
rise(struct ascent *at)
{
    at->node >>= 1;
    at->last >>= 1;
}

/* Does the next hash of the proof stand to the left? */
static bool
joins_left(const struct ascent *at)
{
    return bit(at->node, 0) || at->node == at->last;
}

/* Behind the join: a node without a right sibling rose through levels. */
static void
rise_past(struct ascent *at, bool left)
{
    if (left) {
        while (!bit(at->node, 0) && at->node != 0)
            rise(at);
    }
    rise(at);
}

/* RFC 9162, 2.1.3.2 */
enum sv_err
tree_verify_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
                      const struct tree_proof *proof, const struct hash *root)
{
    struct ascent at = {index, size - 1};
    struct hash r = *leaf;

    if (index >= size || proof->n > TREE_PROOF_MAX)
        return SV_ERR_TAMPERED;
    for (unsigned i = 0; i < proof->n; i++) {
        const struct hash *c = &proof->hash[i];
        bool left = joins_left(&at);

        if (at.last == 0)
            return SV_ERR_TAMPERED;
        r = left ? tree_node(c, &r) : tree_node(&r, c);
        rise_past(&at, left);
    }
    return at.last == 0 && hash_equal(&r, root) ? SV_OK : SV_ERR_TAMPERED;
}

/* 0 < m < n.  RFC 9162, 2.1.4.2 */
static enum sv_err
verify_growth(uint64_t m, uint64_t n, const struct hash *old_root,
              const struct hash *new_root, const struct tree_proof *proof)
{
    struct ascent at = {m - 1, n - 1};
    bool whole = (m & (m - 1)) == 0; /* the old tree is one subtree */
    unsigned i = whole ? 0 : 1;
    struct hash from, to;

    if (proof->n == 0 || proof->n > TREE_PROOF_MAX)
        return SV_ERR_TAMPERED;
    from = to = whole ? *old_root : proof->hash[0];
    while (bit(at.node, 0))
        rise(&at);
    for (; i < proof->n; i++) {
        const struct hash *c = &proof->hash[i];
        bool left = joins_left(&at);

        if (at.last == 0)
            return SV_ERR_TAMPERED;
        if (left)
            from = tree_node(c, &from);
        to = left ? tree_node(c, &to) : tree_node(&to, c);
        rise_past(&at, left);
    }
    return at.last == 0 && hash_equal(&from, old_root) &&
                   hash_equal(&to, new_root)
               ? SV_OK
               : SV_ERR_TAMPERED;
}

enum sv_err
tree_verify_consistency(uint64_t m, uint64_t n, const struct hash *old_root,
                        const struct hash *new_root,
                        const struct tree_proof *proof)
{
    struct hash empty = tree_empty();
    bool same = hash_equal(old_root, new_root);

    if (m > n)
        return SV_ERR_TAMPERED;
    if (m == 0 && (proof->n > 0 || !hash_equal(old_root, &empty)))
        return SV_ERR_TAMPERED;
    if (m == n)
        return proof->n == 0 && same ? SV_OK : SV_ERR_TAMPERED;
    if (m == 0)
        return SV_OK;
    return verify_growth(m, n, old_root, new_root, proof);
}

/* ---- trees in memory ---- */

struct tree_frontier
frontier_of(const struct hash *leaves, size_t n)
{
    struct tree_frontier f;
    struct hash done[TREE_LEVELS];
    unsigned filled;

    frontier_init(&f);
    for (size_t i = 0; i < n; i++)
        frontier_append(&f, &leaves[i], done, &filled);
    return f;
}

struct hash
tree_root_of(const struct hash *leaves, size_t n)
{
    struct tree_frontier f = frontier_of(leaves, n);

    return frontier_root(&f);
}

enum sv_err
tree_levels_new(const struct hash *leaves, size_t n, struct tree_levels *out)
{
    struct tree_levels t = {.n = n};
    struct hash *at;

    /* n leaves, and below them n / 2 + n / 4 + ... < n. */
    if (n > SIZE_MAX / 2 / sizeof *at)
        return SV_ERR_RANGE;
    at = calloc(n > 0 ? 2 * n : 1, sizeof *at);
    if (at == NULL)
        return SV_ERR_NOMEM;
    t.level[0] = at;
    if (n > 0)
        memcpy(at, leaves, n * sizeof *at);
    for (unsigned l = 1; n >> l > 0; l++) {
        const struct hash *below = t.level[l - 1];

        at += n >> (l - 1);
        t.level[l] = at;
        for (size_t i = 0; i < n >> l; i++)
            at[i] = tree_node(&below[2 * i], &below[2 * i + 1]);
    }
    *out = t;
    return SV_OK;
}

void
tree_levels_free(struct tree_levels *t)
{
    free(t->level[0]);
    *t = (struct tree_levels){0};
}

static enum sv_err
read_levels(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct tree_levels *t = ctx;

    *out = t->level[level][index];
    return SV_OK;
}

enum sv_err
tree_levels_path(const struct tree_levels *t, size_t index,
                 struct tree_proof *out)
{
    struct tree_levels borrowed = *t;

    return tree_inclusion(index, t->n, read_levels, &borrowed, out);
}

/* ---- encoding ---- */

enum sv_err
tree_proof_encode(const struct tree_proof *p, struct buf *out)
{
    struct writer w = writer_to(out);
    size_t was = out->len;
    enum sv_err err;

    if (p->n > TREE_PROOF_MAX)
        return SV_ERR_RANGE;
    writer_u8(&w, (uint8_t)p->n);
    writer_bytes(&w, bytes_of(p->hash, p->n * sizeof p->hash[0]));
    err = writer_end(&w);
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

enum sv_err
tree_proof_decode(struct bytes *in, struct tree_proof *out)
{
    struct reader r = reader_of(*in);
    unsigned n = reader_u8(&r);
    struct bytes raw, rest;

    if (n > TREE_PROOF_MAX)
        reader_fail(&r);
    raw = reader_bytes(&r, n * sizeof out->hash[0]);
    rest = reader_rest(&r);
    if (reader_end(&r) != SV_OK)
        return SV_ERR_FORMAT;
    memset(out, 0, sizeof *out);
    out->n = n;
    if (raw.len > 0)
        memcpy(out->hash, raw.ptr, raw.len);
    *in = rest;
    return SV_OK;
}
