#include "audit/tile.h"
#include "tests/support/support.h"

static void
test_paths_are_those_of_the_specification(void **state)
{
    static const struct {
        int level;
        uint64_t n;
        unsigned width;
        const char *path;
    } cases[] = {
        {0, 1234067, 256, "tile/0/x001/x234/067"},
        {0, 7, 256, "tile/0/007"},
        {0, 0, 256, "tile/0/000"},
        {0, 999, 256, "tile/0/999"},
        {0, 1000, 256, "tile/0/x001/000"},
        {0, 273, 112, "tile/0/273.p/112"},
        {1, 1, 17, "tile/1/001.p/17"},
        {2, 0, 1, "tile/2/000.p/1"},
        {63, 5, 255, "tile/63/005.p/255"},
        {TILE_LEVEL_ENTRIES, 0, 256, "tile/entries/000"},
        {TILE_LEVEL_ENTRIES, 1234067, 3, "tile/entries/x001/x234/067.p/3"},
        {63, UINT64_MAX, 255,
         "tile/63/x018/x446/x744/x073/x709/x551/615.p/255"},
        {TILE_LEVEL_ENTRIES, UINT64_MAX, 255,
         "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[TILE_PATH_SIZE];

        assert_ok(tile_path(cases[i].level, cases[i].n, cases[i].width, path));
        assert_string_equal(path, cases[i].path);
    }
}

static void
test_levels_and_widths_beyond_the_limits_have_no_path(void **state)
{
    char path[TILE_PATH_SIZE] = "kept";

    (void)state;
    assert_err(tile_path(64, 0, 256, path), SV_ERR_RANGE);
    assert_err(tile_path(-2, 0, 256, path), SV_ERR_RANGE);
    assert_err(tile_path(0, 0, 257, path), SV_ERR_RANGE);
    assert_err(tile_path(0, 0, 0, path), SV_ERR_RANGE);
    assert_string_equal(path, "kept");
}

static void
test_a_bundle_holds_entries_behind_their_lengths(void **state)
{
    struct buf bundle = BUF_INIT;

    (void)state;
    assert_ok(tile_bundle_add(&bundle, bytes_text("one")));
    assert_ok(tile_bundle_add(&bundle, bytes_text("two")));
    assert_ok(tile_bundle_add(&bundle, bytes_text("three")));
    assert_hex(buf_bytes(&bundle), "00036f6e65000374776f00057468726565");
    assert_ok(tile_bundle_add(&bundle, bytes_text("")));
    assert_hex(buf_bytes(&bundle), "00036f6e65000374776f000574687265650000");
    buf_free(&bundle);
}

static void
test_an_entry_over_65535_bytes_fits_no_bundle(void **state)
{
    struct buf bundle = BUF_INIT, entry = BUF_INIT;
    uint8_t *at;

    (void)state;
    assert_ok(buf_extend(&entry, 65535, &at));
    assert_ok(tile_bundle_add(&bundle, buf_bytes(&entry)));
    assert_int_equal(bundle.len, 2 + 65535);
    assert_int_equal(bundle.ptr[0], 0xff);
    assert_int_equal(bundle.ptr[1], 0xff);
    assert_ok(buf_extend(&entry, 1, &at));
    assert_err(tile_bundle_add(&bundle, buf_bytes(&entry)), SV_ERR_RANGE);
    assert_int_equal(bundle.len, 2 + 65535);
    buf_free(&bundle);
    buf_free(&entry);
}

static void
test_names_are_read_back_and_no_others(void **state)
{
    static const char *const bad[] = {
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/7",
        "tile/0/0007",
        "tile/0/000/000",
        "tile/0/x000/007", /* no leading group of zeros */
        "tile/0/x001",
        "tile/0/x001/",
        "tile/0/x001/x002",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/entry/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1/",
        "tile/0/000.q/1",
        "tile/0/00a",
        "tile/0/x018/x446/x744/x073/x709/x551/616", /* 2^64 */
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "/tile/0/000",
        "tile//0/000",
        "checkpoint",
    };
    struct tile t = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        support_assert_err(tile_parse(bad[i], &t), SV_ERR_FORMAT, bad[i],
                           __FILE__, __LINE__);
    assert_ok(tile_parse("tile/entries/x001/x234/067.p/3", &t));
    assert_int_equal(t.level, TILE_LEVEL_ENTRIES);
    assert_int_equal(t.n, 1234067);
    assert_int_equal(t.width, 3);
    assert_ok(tile_parse("tile/63/x018/x446/x744/x073/x709/x551/615", &t));
    assert_int_equal(t.level, 63);
    assert_true(t.n == UINT64_MAX);
    assert_int_equal(t.width, TILE_WIDTH);
}

/* audit/tile.h, and the examples of the specification. */
static void
test_a_tree_has_the_tiles_of_its_size(void **state)
{
    static const struct {
        uint64_t size;
        int level;
        uint64_t full;
        unsigned partial;
    } cases[] = {
        {0, 0, 0, 0},          {1, 0, 0, 1},
        {1, 1, 0, 0},          {255, 0, 0, 255},
        {256, 0, 1, 0},        {256, 1, 0, 1},
        {257, 0, 1, 1},        {257, 1, 0, 1},
        {70000, 0, 273, 112},  {70000, TILE_LEVEL_ENTRIES, 273, 112},
        {70000, 1, 1, 17},     {70000, 2, 0, 1},
        {70000, 3, 0, 0},      {65536, 1, 1, 0},
        {65536, 2, 0, 1},      {INT64_MAX, 7, 0, 127},
        {INT64_MAX, 63, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t full;
        unsigned partial;

        tile_extent(cases[i].size, cases[i].level, &full, &partial);
        assert_true(full == cases[i].full);
        assert_int_equal(partial, cases[i].partial);
    }
    assert_true(tile_exists(70000, &(struct tile){0, 273, 112}));
    assert_true(tile_exists(70000, &(struct tile){0, 272, 256}));
    assert_false(tile_exists(70000, &(struct tile){0, 273, 256}));
    assert_false(tile_exists(70000, &(struct tile){0, 273, 111}));
    assert_false(tile_exists(70000, &(struct tile){0, 272, 112}));
    assert_false(tile_exists(256, &(struct tile){0, 1, 256}));
    assert_false(tile_exists(0, &(struct tile){0, 0, 256}));
}

static void
test_bundles_are_read_back_to_the_last_byte(void **state)
{
    struct buf bundle = BUF_INIT;
    struct bytes rest, entry;

    (void)state;
    assert_ok(tile_bundle_add(&bundle, bytes_text("one")));
    assert_ok(tile_bundle_add(&bundle, bytes_text("")));
    rest = buf_bytes(&bundle);
    assert_ok(tile_bundle_next(&rest, &entry));
    assert_true(text_is(entry, "one"));
    assert_ok(tile_bundle_next(&rest, &entry));
    assert_int_equal(entry.len, 0);
    assert_int_equal(rest.len, 0);
    assert_err(tile_bundle_next(&rest, &entry), SV_ERR_FORMAT);
    for (size_t cut = 0; cut < 5; cut++) {
        rest = bytes_of(bundle.ptr, cut);
        assert_err(tile_bundle_next(&rest, &entry), SV_ERR_FORMAT);
        assert_int_equal(rest.len, cut);
    }
    buf_free(&bundle);
}

/* ---- the builder ---- */

struct built {
    const struct hash *leaves;
    uint64_t full[TILE_LEVELS];
    unsigned partial[TILE_LEVELS];
};

/* Each hash again, from the leaves that it stands for. */
static enum sv_err
count_tile(void *ctx, const struct tile *t, const struct hash hashes[])
{
    struct built *b = ctx;
    size_t leaves = (size_t)1 << (8 * t->level);

    for (unsigned i = 0; i < t->width; i++) {
        struct hash want = tree_root_of(
            b->leaves + (size_t)(t->n * TILE_WIDTH + i) * leaves, leaves);

        assert_true(hash_equal(&hashes[i], &want));
    }
    if (t->width == TILE_WIDTH)
        assert_int_equal(t->n, b->full[t->level]++);
    else
        b->partial[t->level] = t->width;
    return SV_OK;
}

static void
test_builder_gives_the_tiles_of_each_size(void **state)
{
    static const uint64_t sizes[] = {0,     1,     255,   256,   257,
                                     511,   512,   65535, 65536, 65537,
                                     65791, 65792, 65793, 131072};
    const size_t max = 131072;
    struct hash *leaves = calloc(max, sizeof *leaves);
    struct tile_builder *builder = calloc(1, sizeof *builder);
    struct built b = {.leaves = leaves};
    size_t at = 0;

    (void)state;
    assert_non_null(leaves);
    assert_non_null(builder);
    for (size_t i = 0; i < max; i++)
        leaves[i] = tree_leaf(BYTES(
            ((uint8_t[]){(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16)})));
    tile_builder_init(builder);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct hash root, want;

        for (; at < sizes[i]; at++)
            assert_ok(tile_builder_add(builder, &leaves[at], count_tile, &b));
        memset(b.partial, 0, sizeof b.partial);
        assert_ok(tile_builder_end(builder, count_tile, &b));
        root = frontier_root(&builder->frontier);
        want = tree_root_of(leaves, at);
        assert_true(hash_equal(&root, &want));
        for (int level = 0; level < TILE_LEVELS; level++) {
            uint64_t full;
            unsigned partial;

            tile_extent(sizes[i], level, &full, &partial);
            assert_int_equal(b.full[level], full);
            assert_int_equal(b.partial[level], partial);
        }
    }
    free(leaves);
    free(builder);
}

static enum sv_err
refuse_tile(void *ctx, const struct tile *t, const struct hash hashes[])
{
    (void)ctx;
    (void)t;
    (void)hashes;
    return SV_ERR_FULL;
}

static void
test_what_refuses_a_tile_ends_the_builder(void **state)
{
    struct tile_builder *builder = calloc(1, sizeof *builder);
    struct hash leaf = tree_leaf(bytes_text("x"));

    (void)state;
    assert_non_null(builder);
    tile_builder_init(builder);
    for (unsigned i = 0; i < TILE_WIDTH - 1; i++)
        assert_ok(tile_builder_add(builder, &leaf, refuse_tile, NULL));
    assert_err(tile_builder_end(builder, refuse_tile, NULL), SV_ERR_FULL);
    assert_err(tile_builder_add(builder, &leaf, refuse_tile, NULL),
               SV_ERR_FULL);
    free(builder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_are_those_of_the_specification),
        cmocka_unit_test(test_levels_and_widths_beyond_the_limits_have_no_path),
        cmocka_unit_test(test_a_bundle_holds_entries_behind_their_lengths),
        cmocka_unit_test(test_an_entry_over_65535_bytes_fits_no_bundle),
        cmocka_unit_test(test_names_are_read_back_and_no_others),
        cmocka_unit_test(test_a_tree_has_the_tiles_of_its_size),
        cmocka_unit_test(test_bundles_are_read_back_to_the_last_byte),
        cmocka_unit_test(test_builder_gives_the_tiles_of_each_size),
        cmocka_unit_test(test_what_refuses_a_tile_ends_the_builder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
