/* What is out of range, cannot be read, or is as large as can be; and proofs
 * as bytes. */
#include <sys/mman.h>

#include "tests/support/kept_tree.h"

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
