#include <stdlib.h>

#include "audit/past.h"
#include "tests/support/support.h"

#define N 20000 /* more blocks than are held */

struct world {
    struct hash *leaves;
    struct hash *roots; /* by size */
    struct past past;
    struct tree_frontier f;
    unsigned n_reads;
    uint64_t spoilt; /* the leaf that is read otherwise than it was */
    enum sv_err err; /* of each reading */
};

static struct hash
leaf_of(uint64_t i)
{
    return tree_leaf(BYTES(((const uint64_t[]){i})));
}

static int
set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    if (w == NULL)
        return -1;
    w->leaves = calloc(N, sizeof *w->leaves);
    w->roots = calloc(N + 1, sizeof *w->roots);
    if (w->leaves == NULL || w->roots == NULL)
        return -1;
    w->spoilt = N;
    past_init(&w->past);
    frontier_init(&w->f);
    w->roots[0] = tree_empty();
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *w = *state;

    past_clear(&w->past);
    free(w->leaves);
    free(w->roots);
    free(w);
    return 0;
}

static enum sv_err
read_leaves(void *ctx, uint64_t block, struct hash out[static TILE_WIDTH])
{
    struct world *w = ctx;

    w->n_reads++;
    assert_true((block + 1) * TILE_WIDTH <= w->f.size);
    memcpy(out, &w->leaves[block * TILE_WIDTH], TILE_WIDTH * sizeof *out);
    if (w->spoilt / TILE_WIDTH == block)
        out[w->spoilt % TILE_WIDTH].b[0] ^= 1;
    return w->err;
}

static void
grow(struct world *w)
{
    struct hash done[TREE_LEVELS];
    uint64_t i = w->f.size;
    unsigned n;

    w->leaves[i] = leaf_of(i);
    frontier_append(&w->f, &w->leaves[i], done, &n);
    w->roots[i + 1] = frontier_root(&w->f);
    assert_ok(past_append(&w->past, done, n));
}

static void
assert_root(struct world *w, uint64_t size)
{
    struct hash root;

    assert_ok(past_root(&w->past, size, &root));
    assert_memory_equal(root.b, w->roots[size].b, sizeof root.b);
}

static void
each_root(struct world *w)
{
    struct hash root;
    uint32_t x = 1;

    assert_root(w, 0);
    while (w->f.size < N) {
        grow(w);
        assert_root(w, w->f.size);
        x = x * 1664525 + 1013904223;
        if (w->f.size < 1100)
            for (uint64_t size = 0; size <= w->f.size; size += 1 + size / 9)
                assert_root(w, size);
        else if (w->f.size % 16 == 0)
            assert_root(w, x % (w->f.size + 1));
    }
    for (uint64_t size = 0; size <= N; size++)
        assert_root(w, size);
    assert_err(past_root(&w->past, N + 1, &root), SV_ERR_RANGE);
}

static void
test_each_root_that_was_is_known(void **state)
{
    each_root(*state);
}

static void
test_leaves_that_can_be_read_again_are_not_kept(void **state)
{
    struct world *w = *state;

    past_read_by(&w->past, read_leaves, w);
    each_root(w);
    assert_int_equal(w->past.kept.cap, 0);
    assert_true(w->n_reads > 0);
}

static void
test_what_is_recent_is_not_read_again(void **state)
{
    struct world *w = *state;

    past_read_by(&w->past, read_leaves, w);
    while (w->f.size < N)
        grow(w);
    for (uint64_t size = N - 4000; size <= N; size++)
        assert_root(w, size);
    assert_int_equal(w->n_reads, 0);
}

static void
test_leaves_that_are_others_now_are_not_believed(void **state)
{
    struct world *w = *state;
    struct hash root;

    past_read_by(&w->past, read_leaves, w);
    while (w->f.size < N)
        grow(w);
    w->spoilt = 300;
    assert_err(past_root(&w->past, 257, &root), SV_ERR_IO);
    assert_err(past_root(&w->past, 257, &root), SV_ERR_IO);
    w->spoilt = N;
    assert_root(w, 257);
    w->err = SV_ERR_NOMEM;
    assert_err(past_root(&w->past, 700, &root), SV_ERR_NOMEM);
    assert_root(w, 256); /* a full block's needs none */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_root_that_was_is_known),
        TEST(test_leaves_that_can_be_read_again_are_not_kept),
        TEST(test_what_is_recent_is_not_read_again),
        TEST(test_leaves_that_are_others_now_are_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
