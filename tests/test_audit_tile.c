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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_are_those_of_the_specification),
        cmocka_unit_test(test_levels_and_widths_beyond_the_limits_have_no_path),
        cmocka_unit_test(test_a_bundle_holds_entries_behind_their_lengths),
        cmocka_unit_test(test_an_entry_over_65535_bytes_fits_no_bundle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
