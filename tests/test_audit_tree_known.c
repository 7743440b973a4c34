/* Roots and proofs that others have, and all of small trees. */
#include "tests/support/kept_tree.h"

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
