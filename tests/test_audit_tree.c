#include <sys/mman.h>

#include "audit/tree.h"
#include "tests/support/support.h"

/* ---- a tree with its complete subtrees kept, as the store keeps them ---- */

#define KEPT_LEVELS 10
#define KEPT_MAX 512

struct kept {
    struct tree_frontier frontier;
    struct hash at[KEPT_LEVELS][KEPT_MAX];
    struct hash root[KEPT_MAX + 1];
    struct hash leaf[KEPT_MAX];
    unsigned reads;   /* how often kept_read() was asked */
    unsigned fail_at; /* the read that fails, from 1; 0: none */
};

static struct kept *
kept_new(void)
{
    struct kept *k = calloc(1, sizeof *k);

    if (k == NULL)
        abort();
    frontier_init(&k->frontier);
    k->root[0] = frontier_root(&k->frontier);
    return k;
}

static void
kept_append(struct kept *k, struct bytes entry)
{
    uint64_t size = k->frontier.size;
    struct hash done[TREE_LEVELS];
    unsigned n;

    assert_true(size < KEPT_MAX);
    k->leaf[size] = tree_leaf(entry);
    frontier_append(&k->frontier, &k->leaf[size], done, &n);
    for (unsigned l = 0; l < n; l++)
        k->at[l][size >> l] = done[l];
    k->root[size + 1] = frontier_root(&k->frontier);
}

/* Only what is complete in the tree may be asked for. */
static enum sv_err
kept_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    struct kept *k = ctx;

    assert_true(level < KEPT_LEVELS);
    assert_true((index + 1) << level <= k->frontier.size);
    if (++k->reads == k->fail_at)
        return SV_ERR_IO;
    *out = k->at[level][index];
    return SV_OK;
}

/* Leaves of one byte, as in the wide check. */
static struct kept *
kept_bytes(unsigned n)
{
    struct kept *k = kept_new();

    for (unsigned i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)i;

        kept_append(k, bytes_of(&byte, 1));
    }
    return k;
}

/* ---- known answers: transparency-dev/merkle, testonly/constants.go ---- */

static const char *const known_leaves[] = {
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
};

static const char *const known_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

#define A "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c="
#define B "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4="
#define C "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ="
#define D "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms="
#define E "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA="
#define F "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc="
#define G "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU="
#define H "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o="
#define I "sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8="
#define J "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="

static const struct {
    const char *name;
    bool consistency;
    uint64_t a, b; /* index and size, or two sizes */
    const char *hash[3];
} known_proofs[] = {
    {"inclusion 0 in 8", false, 0, 8, {A, B, C}},
    {"inclusion 5 in 8", false, 5, 8, {D, E, F}},
    {"inclusion 2 in 3", false, 2, 3, {G}},
    {"inclusion 1 in 5", false, 1, 5, {J, B, D}},
    {"inclusion 0 in 1", false, 0, 1, {NULL}},
    {"consistency 1 to 8", true, 1, 8, {A, B, C}},
    {"consistency 6 to 8", true, 6, 8, {H, E, F}},
    {"consistency 2 to 5", true, 2, 5, {B, D}},
    {"consistency 6 to 7", true, 6, 7, {H, I, F}},
    {"consistency 1 to 1", true, 1, 1, {NULL}},
};

#undef A
#undef B
#undef C
#undef D
#undef E
#undef F
#undef G
#undef H
#undef I
#undef J

static struct kept *
kept_known(void)
{
    struct kept *k = kept_new();

    for (size_t i = 0; i < 8; i++) {
        struct buf leaf = support_unhex(known_leaves[i]);

        kept_append(k, buf_bytes(&leaf));
        buf_free(&leaf);
    }
    return k;
}

static void
test_leaves_and_nodes_hash_as_in_rfc_6962(void **state)
{
    struct hash h, l, r;

    (void)state;
    h = tree_leaf(bytes_text(""));
    assert_hex(BYTES(h.b), known_roots[1]);
    h = tree_leaf(bytes_text("L123456"));
    assert_hex(BYTES(h.b), "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad"
                           "547639252b4d56");
    h = tree_empty();
    assert_hex(BYTES(h.b), known_roots[0]);
    /* The vector's node has children of four bytes; ours are hashes.  The
     * known roots below pin tree_node() down. */
    l = tree_leaf(bytes_text(""));
    r = tree_leaf(bytes_of("\0", 1));
    h = tree_node(&l, &r);
    assert_hex(BYTES(h.b), known_roots[2]);
}

static void
test_roots_are_the_known_ones_by_every_way(void **state)
{
    struct kept *k = kept_known();

    (void)state;
    for (size_t n = 0; n <= 8; n++) {
        struct tree_frontier f;
        struct hash root;

        assert_hex(BYTES(k->root[n].b), known_roots[n]);
        assert_ok(tree_root(n, kept_read, k, &root));
        assert_hex(BYTES(root.b), known_roots[n]);
        root = tree_root_of(k->leaf, n);
        assert_hex(BYTES(root.b), known_roots[n]);
        assert_ok(frontier_read(n, kept_read, k, &f));
        assert_int_equal(f.size, n);
        root = frontier_root(&f);
        assert_hex(BYTES(root.b), known_roots[n]);
    }
    free(k);
}

static void
test_proofs_are_the_known_ones(void **state)
{
    struct kept *k = kept_known();

    (void)state;
    for (size_t i = 0; i < sizeof known_proofs / sizeof known_proofs[0]; i++) {
        uint64_t a = known_proofs[i].a, b = known_proofs[i].b;
        struct tree_proof p;
        unsigned n = 0;

        print_message("%s\n", known_proofs[i].name);
        if (known_proofs[i].consistency)
            assert_ok(tree_consistency(a, b, kept_read, k, &p));
        else
            assert_ok(tree_inclusion(a, b, kept_read, k, &p));
        for (; n < 3 && known_proofs[i].hash[n] != NULL; n++) {
            char text[BASE64_SIZE(SHA256_LEN)];

            assert_true(n < p.n);
            text_base64(BYTES(p.hash[n].b), text);
            assert_string_equal(text, known_proofs[i].hash[n]);
        }
        assert_int_equal(p.n, n);
    }
    free(k);
}

/* ---- the wide check: all trees of up to 130 leaves ---- */

#define WIDE 130

static void
add_line(struct sha256 *s, uint64_t a, uint64_t b, const struct hash *hashes,
         unsigned n)
{
    char text[64 + TREE_PROOF_MAX * (2 * SHA256_LEN + 1)];
    size_t at =
        (size_t)snprintf(text, sizeof text, "%u %u", (unsigned)a, (unsigned)b);

    for (unsigned i = 0; i < n; i++) {
        text[at++] = ' ';
        text_hex(BYTES(hashes[i].b), text + at);
        at += 2 * (size_t)SHA256_LEN;
    }
    text[at++] = '\n';
    sha256_add(s, bytes_of(text, at));
}

static void
assert_digest(struct sha256 *s, const char *hex)
{
    uint8_t got[SHA256_LEN];

    sha256_end(s, got);
    assert_hex(BYTES(got), hex);
}

static void
test_all_roots_up_to_130_have_the_known_digest(void **state)
{
    struct kept *k = kept_bytes(WIDE);
    struct sha256 s;

    (void)state;
    sha256_begin(&s);
    for (unsigned n = 0; n <= WIDE; n++) {
        char line[96];
        int at = snprintf(line, sizeof line, "%u ", n);

        text_hex(BYTES(k->root[n].b), line + at);
        sha256_add(&s, bytes_text(line));
        sha256_add(&s, bytes_text("\n"));
    }
    assert_digest(&s, "9c67f07f906103b6bf201842a50ff0b8c91fca9b3e211334a6b7aa31"
                      "33165dec");
    free(k);
}

static void
test_all_inclusion_proofs_up_to_130_have_the_known_digest(void **state)
{
    struct kept *k = kept_bytes(WIDE);
    struct sha256 s;

    (void)state;
    sha256_begin(&s);
    for (unsigned n = 1; n <= WIDE; n++) {
        struct tree_levels levels;

        assert_ok(tree_levels_new(k->leaf, n, &levels));
        for (unsigned i = 0; i < n; i++) {
            struct tree_proof p, q;

            assert_ok(tree_inclusion(i, n, kept_read, k, &p));
            assert_ok(
                tree_verify_inclusion(i, n, &k->leaf[i], &p, &k->root[n]));
            assert_ok(tree_levels_path(&levels, i, &q));
            assert_memory_equal(&p, &q, sizeof p);
            add_line(&s, i, n, p.hash, p.n);
        }
        tree_levels_free(&levels);
    }
    assert_digest(&s, "893ce6eea61adc33c22c0e3a952498b76dfa3c282e78ac659f6fcc0e"
                      "a44f9983");
    free(k);
}

static void
test_all_consistency_proofs_up_to_130_have_the_known_digest(void **state)
{
    struct kept *k = kept_bytes(WIDE);
    struct sha256 s;

    (void)state;
    sha256_begin(&s);
    for (unsigned n = 1; n <= WIDE; n++) {
        for (unsigned m = 1; m <= n; m++) {
            struct tree_proof p;

            assert_ok(tree_consistency(m, n, kept_read, k, &p));
            assert_ok(
                tree_verify_consistency(m, n, &k->root[m], &k->root[n], &p));
            add_line(&s, m, n, p.hash, p.n);
        }
    }
    assert_digest(&s, "2498232e1aebe8d1aa8d339d897fc471f4495fe0b8a55ac08f7dae3d"
                      "88bc4c2a");
    free(k);
}

/* ---- altered proofs ---- */

/* Every way in which one proof is altered; calls check with each. */
typedef void (*check_fn)(const struct tree_proof *altered, const void *ctx);

static void
alter(const struct tree_proof *p, const struct hash *stranger, check_fn check,
      const void *ctx)
{
    struct tree_proof q;

    for (unsigned i = 0; i < p->n; i++) { /* a bit */
        q = *p;
        q.hash[i].b[(i * 7) % SHA256_LEN] ^= (uint8_t)(1u << (i % 8));
        check(&q, ctx);
    }
    for (unsigned i = 0; i < p->n; i++) { /* one cut out */
        q = *p;
        memmove(&q.hash[i], &q.hash[i + 1], (p->n - i - 1) * sizeof q.hash[0]);
        q.n--;
        check(&q, ctx);
    }
    for (unsigned i = 0; i <= p->n; i++) { /* one put in */
        q = *p;
        memmove(&q.hash[i + 1], &q.hash[i], (p->n - i) * sizeof q.hash[0]);
        q.hash[i] = *stranger;
        q.n++;
        check(&q, ctx);
    }
    for (unsigned i = 0; i + 1 < p->n; i++) { /* neighbours swapped */
        q = *p;
        q.hash[i] = p->hash[i + 1];
        q.hash[i + 1] = p->hash[i];
        if (hash_equal(&q.hash[i], &q.hash[i + 1]))
            continue;
        check(&q, ctx);
    }
    q = *p;
    q.n = TREE_PROOF_MAX + 1; /* would read behind the array */
    check(&q, ctx);
}

struct claim {
    const struct kept *k;
    uint64_t a, b;
};

static void
refuses_inclusion(const struct tree_proof *p, const void *ctx)
{
    const struct claim *c = ctx;

    assert_err(tree_verify_inclusion(c->a, c->b, &c->k->leaf[c->a], p,
                                     &c->k->root[c->b]),
               SV_ERR_TAMPERED);
}

static void
refuses_consistency(const struct tree_proof *p, const void *ctx)
{
    const struct claim *c = ctx;

    assert_err(tree_verify_consistency(c->a, c->b, &c->k->root[c->a],
                                       &c->k->root[c->b], p),
               SV_ERR_TAMPERED);
}

#define SMALL 34

static void
test_altered_inclusion_proofs_are_refused(void **state)
{
    struct kept *k = kept_bytes(SMALL);

    (void)state;
    for (unsigned n = 1; n <= SMALL; n++) {
        for (unsigned i = 0; i < n; i++) {
            struct claim c = {k, i, n};
            struct tree_proof p;

            assert_ok(tree_inclusion(i, n, kept_read, k, &p));
            alter(&p, &k->root[n], refuses_inclusion, &c);
            alter(&p, &k->leaf[i], refuses_inclusion, &c);
        }
    }
    free(k);
}

static void
test_inclusion_holds_for_no_other_index_size_leaf_or_root(void **state)
{
    struct kept *k = kept_bytes(SMALL);
    unsigned n = SMALL - 5;

    (void)state;
    for (unsigned i = 0; i < n; i++) {
        struct tree_proof p;

        assert_ok(tree_inclusion(i, n, kept_read, k, &p));
        for (unsigned j = 0; j < SMALL; j++) {
            if (j == i)
                continue;
            assert_err(
                tree_verify_inclusion(j, n, &k->leaf[i], &p, &k->root[n]),
                SV_ERR_TAMPERED);
            assert_err(
                tree_verify_inclusion(i, n, &k->leaf[j], &p, &k->root[n]),
                SV_ERR_TAMPERED);
        }
        for (unsigned m = 0; m <= SMALL; m++) {
            if (m == n)
                continue;
            assert_err(
                tree_verify_inclusion(i, m, &k->leaf[i], &p, &k->root[m]),
                SV_ERR_TAMPERED);
            assert_err(
                tree_verify_inclusion(i, n, &k->leaf[i], &p, &k->root[m]),
                SV_ERR_TAMPERED);
        }
    }
    free(k);
}

static void
test_altered_consistency_proofs_are_refused(void **state)
{
    struct kept *k = kept_bytes(SMALL);

    (void)state;
    for (unsigned n = 1; n <= SMALL; n++) {
        for (unsigned m = 1; m <= n; m++) {
            struct claim c = {k, m, n};
            struct tree_proof p;

            assert_ok(tree_consistency(m, n, kept_read, k, &p));
            alter(&p, &k->root[n], refuses_consistency, &c);
            alter(&p, &k->root[m], refuses_consistency, &c);
        }
    }
    free(k);
}

static void
test_consistency_holds_for_no_other_sizes_or_roots(void **state)
{
    struct kept *k = kept_bytes(SMALL);
    unsigned n = SMALL - 5;

    (void)state;
    for (unsigned m = 1; m <= n; m++) {
        struct tree_proof p;

        assert_ok(tree_consistency(m, n, kept_read, k, &p));
        for (unsigned other = 0; other <= SMALL; other++) {
            const struct hash *r = &k->root[other];

            if (other != m) {
                assert_err(
                    tree_verify_consistency(other, n, r, &k->root[n], &p),
                    other == 0 && p.n == 0 ? SV_OK : SV_ERR_TAMPERED);
                assert_err(tree_verify_consistency(m, n, r, &k->root[n], &p),
                           SV_ERR_TAMPERED);
            }
            if (other != n) {
                assert_err(
                    tree_verify_consistency(m, other, &k->root[m], r, &p),
                    SV_ERR_TAMPERED);
                assert_err(tree_verify_consistency(m, n, &k->root[m], r, &p),
                           SV_ERR_TAMPERED);
            }
        }
    }
    free(k);
}

static void
test_an_empty_tree_is_consistent_with_all_by_no_proof(void **state)
{
    struct kept *k = kept_bytes(5);
    struct tree_proof p = {.n = 0};

    (void)state;
    assert_ok(tree_verify_consistency(0, 5, &k->root[0], &k->root[5], &p));
    assert_ok(tree_verify_consistency(0, 0, &k->root[0], &k->root[0], &p));
    assert_err(tree_verify_consistency(0, 0, &k->root[0], &k->root[5], &p),
               SV_ERR_TAMPERED);
    assert_err(tree_verify_consistency(0, 5, &k->root[1], &k->root[5], &p),
               SV_ERR_TAMPERED);
    p.n = 1;
    p.hash[0] = k->root[5];
    assert_err(tree_verify_consistency(0, 5, &k->root[0], &k->root[5], &p),
               SV_ERR_TAMPERED);
    free(k);
}

/* A root is no leaf, and who signs a size signs how high the tree is: what is
 * longer is refused even where it leads to the root. */
static void
test_a_proof_that_is_too_long_is_refused_though_it_leads_there(void **state)
{
    struct kept *k = kept_bytes(SMALL);

    (void)state;
    for (unsigned n = 1; n <= SMALL; n++) {
        const struct hash *stranger = &k->root[SMALL + 1 - n];
        struct hash higher = tree_node(stranger, &k->root[n]), old;
        struct tree_proof p;

        assert_ok(tree_inclusion(n - 1, n, kept_read, k, &p));
        p.hash[p.n++] = *stranger;
        assert_err(
            tree_verify_inclusion(n - 1, n, &k->leaf[n - 1], &p, &higher),
            SV_ERR_TAMPERED);
        for (unsigned m = 1; m < n; m++) {
            old = tree_node(stranger, &k->root[m]);
            assert_ok(tree_consistency(m, n, kept_read, k, &p));
            p.hash[p.n++] = *stranger;
            assert_err(tree_verify_consistency(m, n, &old, &higher, &p),
                       SV_ERR_TAMPERED);
            higher = tree_node(&k->root[n], stranger);
            assert_err(tree_verify_consistency(m, n, &k->root[m], &higher, &p),
                       SV_ERR_TAMPERED);
            higher = tree_node(stranger, &k->root[n]);
        }
    }
    free(k);
}

static void
test_no_leaf_is_behind_the_last(void **state)
{
    struct kept *k = kept_bytes(SMALL);

    (void)state;
    for (unsigned n = 0; n <= SMALL; n++) {
        unsigned last = n > 0 ? n - 1 : 0;
        struct tree_proof p = {.n = 0};

        if (n > 0)
            assert_ok(tree_inclusion(last, n, kept_read, k, &p));
        for (uint64_t i = n; i <= n + 2; i++) {
            assert_err(
                tree_verify_inclusion(i, n, &k->leaf[last], &p, &k->root[n]),
                SV_ERR_TAMPERED);
            assert_err(
                tree_verify_inclusion(i, n, &k->root[n], &p, &k->root[n]),
                SV_ERR_TAMPERED);
        }
    }
    free(k);
}

/* Two sizes of one root, the later one smaller. */
static void
test_no_tree_shrinks(void **state)
{
    struct kept *k = kept_bytes(SMALL);
    struct tree_proof p = {.n = 2};
    struct hash root;

    (void)state;
    p.hash[0] = k->leaf[0];
    p.hash[1] = k->leaf[1];
    root = tree_node(&k->leaf[1], &k->leaf[0]);
    for (uint64_t m = 2; m <= 2 * SMALL; m++)
        for (uint64_t n = 1; n < m; n++)
            for (p.n = 0; p.n <= 2; p.n++)
                assert_err(tree_verify_consistency(m, n, &root, &root, &p),
                           SV_ERR_TAMPERED);
    free(k);
}

/* ---- limits ---- */

#define LEAVES_MAX (SIZE_MAX / 2 / sizeof(struct hash))

static void
test_leaves_in_memory_are_as_many_as_can_be(void **state)
{
    struct hash leaf = tree_leaf(bytes_text("x"));
    struct tree_levels levels;

    (void)state;
    assert_err(tree_levels_new(&leaf, LEAVES_MAX + 1, &levels), SV_ERR_RANGE);
    assert_ok(tree_levels_new(&leaf, 1, &levels));
    assert_true(hash_equal(&levels.level[0][0], &leaf));
    tree_levels_free(&levels);
    assert_int_equal(levels.n, 0);
    assert_null(levels.level[0]);
    tree_levels_free(&levels);
    assert_ok(tree_levels_new(NULL, 0, &levels));
    assert_int_equal(levels.n, 0);
    tree_levels_free(&levels);
}

static void
test_proofs_of_what_is_not_there_are_out_of_range(void **state)
{
    struct kept *k = kept_bytes(5);
    struct tree_proof p = {.n = 77};
    struct tree_levels levels;

    (void)state;
    assert_err(tree_inclusion(5, 5, kept_read, k, &p), SV_ERR_RANGE);
    assert_err(tree_inclusion(0, 0, kept_read, k, &p), SV_ERR_RANGE);
    assert_ok(tree_levels_new(k->leaf, 5, &levels));
    assert_err(tree_levels_path(&levels, 5, &p), SV_ERR_RANGE);
    tree_levels_free(&levels);
    assert_err(tree_consistency(0, 5, kept_read, k, &p), SV_ERR_RANGE);
    assert_err(tree_consistency(5, 4, kept_read, k, &p), SV_ERR_RANGE);
    assert_int_equal(p.n, 77);
    assert_int_equal(k->reads, 0);
    free(k);
}

/* Fail the first read, then the second, until nothing fails. */
static void
test_a_failed_read_fails_the_proof_and_writes_nothing(void **state)
{
    struct kept *k = kept_bytes(29);

    (void)state;
    for (unsigned what = 0; what < 4; what++) {
        enum sv_err err = SV_ERR_IO;
        unsigned failures = 0;

        for (k->fail_at = 1; err != SV_OK; k->fail_at++) {
            struct tree_proof p = {.n = 77};
            struct tree_frontier f = {.size = 77};
            struct hash root = {{77}};

            k->reads = 0;
            if (what == 0)
                err = tree_inclusion(13, 29, kept_read, k, &p);
            else if (what == 1)
                err = tree_consistency(13, 29, kept_read, k, &p);
            else if (what == 2)
                err = tree_root(29, kept_read, k, &root);
            else
                err = frontier_read(29, kept_read, k, &f);
            if (err == SV_OK)
                break;
            assert_err(err, SV_ERR_IO);
            assert_int_equal(p.n, 77);
            assert_int_equal(f.size, 77);
            assert_int_equal(root.b[0], 77);
            failures++;
        }
        assert_true(failures >= 4);
        assert_true(k->reads < k->fail_at); /* and nothing failed */
    }
    free(k);
}

/* A tree in which all leaves are alike, so that any size can be read. */
static enum sv_err
read_alike(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct hash *by_level = ctx;

    assert_true(level < TREE_LEVELS);
    assert_true(index <= UINT64_MAX >> level);
    *out = by_level[level];
    return SV_OK;
}

static void
test_sizes_up_to_64_bits_prove_and_verify(void **state)
{
    static const uint64_t sizes[] = {
        1,
        UINT32_MAX,
        (uint64_t)1 << 32,
        ((uint64_t)1 << 32) + 1,
        INT64_MAX,
        (uint64_t)1 << 63,
        ((uint64_t)1 << 63) + 1,
        UINT64_MAX - 1,
        UINT64_MAX,
    };
    size_t n = sizeof sizes / sizeof sizes[0];
    struct hash level[TREE_LEVELS];

    (void)state;
    level[0] = tree_leaf(bytes_text("alike"));
    for (unsigned l = 1; l < TREE_LEVELS; l++)
        level[l] = tree_node(&level[l - 1], &level[l - 1]);
    for (size_t b = 0; b < n; b++) {
        struct hash root, old;
        struct tree_proof p;

        assert_ok(tree_root(sizes[b], read_alike, level, &root));
        for (size_t a = 0; a <= b; a++) {
            assert_ok(
                tree_inclusion(sizes[a] - 1, sizes[b], read_alike, level, &p));
            assert_ok(tree_verify_inclusion(sizes[a] - 1, sizes[b], &level[0],
                                            &p, &root));
            assert_ok(tree_root(sizes[a], read_alike, level, &old));
            assert_ok(
                tree_consistency(sizes[a], sizes[b], read_alike, level, &p));
            assert_ok(
                tree_verify_consistency(sizes[a], sizes[b], &old, &root, &p));
        }
    }
}

static void
test_appending_completes_a_subtree_for_each_trailing_one(void **state)
{
    struct hash done[TREE_LEVELS], leaf = tree_leaf(bytes_text("x"));
    struct tree_frontier f;
    unsigned n = 0;

    (void)state;
    frontier_init(&f);
    frontier_append(&f, &leaf, done, &n);
    assert_int_equal(n, 1);
    assert_true(hash_equal(&done[0], &leaf));
    frontier_append(&f, &leaf, done, &n);
    assert_int_equal(n, 2);
    frontier_append(&f, &leaf, done, &n);
    assert_int_equal(n, 1);
    frontier_append(&f, &leaf, done, &n);
    assert_int_equal(n, 3);
    f.size = INT64_MAX;
    frontier_append(&f, &leaf, done, &n);
    assert_int_equal(n, 64);
    assert_true(f.size == (uint64_t)1 << 63);
    assert_true(hash_equal(&f.peak[63], &done[63]));
}

/* ---- encoding ---- */

static void
test_proofs_decode_as_encoded_and_leave_the_rest(void **state)
{
    struct kept *k = kept_bytes(29);
    struct tree_proof p, q;
    struct buf out = BUF_INIT;
    struct bytes in;

    (void)state;
    assert_ok(tree_inclusion(13, 29, kept_read, k, &p));
    assert_ok(buf_text(&out, "before"));
    assert_ok(tree_proof_encode(&p, &out));
    assert_int_equal(out.len, 6 + 1 + p.n * SHA256_LEN);
    assert_ok(buf_text(&out, "rest"));
    in = bytes_slice(buf_bytes(&out), 6, out.len - 6);
    assert_ok(tree_proof_decode(&in, &q));
    assert_memory_equal(&p, &q, sizeof p);
    assert_true(bytes_equal(in, bytes_text("rest")));
    buf_free(&out);
    free(k);
}

static void
test_a_proof_cut_anywhere_does_not_decode(void **state)
{
    struct kept *k = kept_bytes(29);
    struct tree_proof p, q = {.n = 77};
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(tree_inclusion(13, 29, kept_read, k, &p));
    assert_ok(tree_proof_encode(&p, &out));
    for (size_t len = 0; len < out.len; len++) {
        struct bytes in = bytes_slice(buf_bytes(&out), 0, len);

        assert_err(tree_proof_decode(&in, &q), SV_ERR_FORMAT);
        assert_int_equal(in.len, len);
        assert_int_equal(q.n, 77);
    }
    buf_free(&out);
    free(k);
}

static void
test_a_proof_of_too_many_hashes_is_malformed(void **state)
{
    struct tree_proof p = {.n = TREE_PROOF_MAX}, q;
    struct buf out = BUF_INIT;
    struct bytes in;
    uint8_t *more;

    (void)state;
    assert_ok(tree_proof_encode(&p, &out));
    in = buf_bytes(&out);
    assert_ok(tree_proof_decode(&in, &q));
    assert_int_equal(q.n, TREE_PROOF_MAX);
    assert_ok(buf_extend(&out, SHA256_LEN, &more));
    out.ptr[0]++;
    in = buf_bytes(&out);
    assert_err(tree_proof_decode(&in, &q), SV_ERR_FORMAT);
    p.n++;
    buf_truncate(&out, 3);
    assert_err(tree_proof_encode(&p, &out), SV_ERR_RANGE);
    assert_int_equal(out.len, 3);
    buf_free(&out);
}

/* Nothing of it, where there is no room for all of it. */
static void
test_a_proof_that_does_not_fit_is_not_begun(void **state)
{
    struct tree_proof p = {.n = 2};
    size_t len = 1 + 2 * (size_t)SHA256_LEN;
    struct buf out = {.cap = BUF_MAX};

    (void)state;
    out.ptr = mmap(NULL, BUF_MAX, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true((void *)out.ptr != MAP_FAILED);
    for (size_t room = 0; room <= len; room++) {
        out.len = BUF_MAX - room;
        assert_err(tree_proof_encode(&p, &out),
                   room < len ? SV_ERR_RANGE : SV_OK);
        assert_int_equal(out.len, room < len ? BUF_MAX - room : BUF_MAX);
    }
    assert_int_equal(munmap(out.ptr, BUF_MAX), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaves_and_nodes_hash_as_in_rfc_6962),
        cmocka_unit_test(test_roots_are_the_known_ones_by_every_way),
        cmocka_unit_test(test_proofs_are_the_known_ones),
        cmocka_unit_test(test_all_roots_up_to_130_have_the_known_digest),
        cmocka_unit_test(
            test_all_inclusion_proofs_up_to_130_have_the_known_digest),
        cmocka_unit_test(
            test_all_consistency_proofs_up_to_130_have_the_known_digest),
        cmocka_unit_test(test_altered_inclusion_proofs_are_refused),
        cmocka_unit_test(
            test_inclusion_holds_for_no_other_index_size_leaf_or_root),
        cmocka_unit_test(test_altered_consistency_proofs_are_refused),
        cmocka_unit_test(test_consistency_holds_for_no_other_sizes_or_roots),
        cmocka_unit_test(test_an_empty_tree_is_consistent_with_all_by_no_proof),
        cmocka_unit_test(
            test_a_proof_that_is_too_long_is_refused_though_it_leads_there),
        cmocka_unit_test(test_no_leaf_is_behind_the_last),
        cmocka_unit_test(test_no_tree_shrinks),
        cmocka_unit_test(test_leaves_in_memory_are_as_many_as_can_be),
        cmocka_unit_test(test_proofs_of_what_is_not_there_are_out_of_range),
        cmocka_unit_test(test_a_failed_read_fails_the_proof_and_writes_nothing),
        cmocka_unit_test(test_sizes_up_to_64_bits_prove_and_verify),
        cmocka_unit_test(
            test_appending_completes_a_subtree_for_each_trailing_one),
        cmocka_unit_test(test_proofs_decode_as_encoded_and_leave_the_rest),
        cmocka_unit_test(test_a_proof_cut_anywhere_does_not_decode),
        cmocka_unit_test(test_a_proof_of_too_many_hashes_is_malformed),
        cmocka_unit_test(test_a_proof_that_does_not_fit_is_not_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
