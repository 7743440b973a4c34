/* Exports written, added to, and spoiled in every way. */
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/exported.h"

static void
assert_same(const char *a, const char *b)
{
    char command[2 * PATH_SIZE + 32];

    (void)snprintf(command, sizeof command, "diff -r '%s' '%s'", a, b);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): our paths */
}

static const uint64_t sizes[] = {0, 1, 255, 256, 257, 300, 512, 700};
#define N_SIZES (sizeof sizes / sizeof sizes[0])

static void
test_each_size_is_written_and_found_good(void **state)
{
    const struct exported *o = *state;

    for (size_t i = 0; i < N_SIZES; i++)
        for (int entries = 0; entries < 2; entries++) {
            char name[32];
            struct export_fault fault;
            char dir[PATH_SIZE];

            (void)snprintf(name, sizeof name, "%zu-%d", i, entries);
            assert_ok(path_join(dir, o->dir, name));
            assert_ok(exported_write(o, dir, 1, sizes[i], entries != 0, NULL));
            assert_ok(exported_check(o, dir, entries != 0, &fault));
            /* With bundles there, their hashes alone are good, too. */
            assert_ok(exported_check(o, dir, false, &fault));
            if (entries == 0 && sizes[i] > 0)
                assert_err(exported_check(o, dir, true, &fault),
                           SV_ERR_TAMPERED);
        }
}

static void
test_adding_gives_the_bytes_of_writing_at_once(void **state)
{
    const struct exported *o = *state;
    char whole[PATH_SIZE];

    for (size_t i = 0; i < N_SIZES; i++) {
        char name[32];

        assert_ok(exported_write(o, o->export, 1, sizes[i], true, NULL));
        (void)snprintf(name, sizeof name, "whole-%zu", i);
        assert_ok(path_join(whole, o->dir, name));
        assert_ok(exported_write(o, whole, 1, sizes[i], true, NULL));
        assert_same(o->export, whole);
        exported_assert_good(o, true);
        /* And again, with nothing new. */
        assert_ok(exported_write(o, o->export, 1, sizes[i], true, NULL));
        assert_same(o->export, whole);
    }
}

static void
test_heads_become_entries_and_never_the_other_way(void **state)
{
    const struct exported *o = *state;
    struct export_fault fault;

    assert_ok(exported_write(o, o->export, 1, 300, false, NULL));
    exported_assert_good(o, false);
    assert_ok(exported_write(o, o->export, 1, 600, false, NULL));
    exported_assert_good(o, false);
    assert_ok(exported_write(o, o->export, 1, 700, true, NULL));
    exported_assert_good(o, true);
    assert_err(exported_write(o, o->export, 1, 800, false, &fault),
               SV_ERR_EXISTS);
    assert_string_equal(fault.place, "tile/entries");
    exported_assert_good(o, true);
}

static ino_t
inode(const struct exported *o, const char *name)
{
    char path[PATH_SIZE];
    struct stat st;

    assert_ok(path_join(path, o->export, name));
    assert_int_equal(lstat(path, &st), 0);
    return st.st_ino;
}

static void
test_full_tiles_are_never_written_again(void **state)
{
    const struct exported *o = *state;
    ino_t tile, bundle;

    assert_ok(exported_write(o, o->export, 1, 300, true, NULL));
    tile = inode(o, "tile/0/000");
    bundle = inode(o, "tile/entries/000");
    assert_ok(exported_write(o, o->export, 1, 600, true, NULL));
    assert_int_equal(inode(o, "tile/0/000"), tile);
    assert_int_equal(inode(o, "tile/entries/000"), bundle);
}

static void
test_another_log_and_an_older_head_are_refused(void **state)
{
    const struct exported *o = *state;
    struct export_fault fault;

    assert_ok(exported_write(o, o->export, 1, 300, true, NULL));
    assert_err(exported_write(o, o->export, 2, 400, true, &fault),
               SV_ERR_TAMPERED);
    assert_non_null(fault.reason);
    assert_err(exported_write(o, o->export, 1, 299, true, &fault),
               SV_ERR_ROLLBACK);
    assert_ok(exported_write(o, o->export, 1, 400, true, NULL));
    exported_assert_good(o, true);
}

static void
test_what_a_crash_left_is_completed_or_cleared(void **state)
{
    const struct exported *o = *state;
    char whole[PATH_SIZE], path[PATH_SIZE];

    assert_ok(path_join(whole, o->dir, "whole"));
    assert_ok(exported_write(o, whole, 1, 600, true, NULL));
    assert_ok(exported_write(o, o->export, 1, 600, true, NULL));
    /* Killed before the head, and in the middle of files. */
    assert_ok(path_join(path, o->export, "checkpoint"));
    assert_int_equal(unlink(path), 0);
    assert_ok(path_join(path, o->export, "tile/entries/001"));
    assert_int_equal(unlink(path), 0);
    exported_put(o, "tile/0/002.p/88.Ab12Cd", bytes_text("half a"));
    exported_put(o, "checkpoint.x9Zz00", bytes_text("half a"));
    assert_ok(exported_write(o, o->export, 1, 600, true, NULL));
    assert_same(o->export, whole);
    exported_assert_good(o, true);
}

static void
test_a_directory_of_other_things_is_left_alone(void **state)
{
    const struct exported *o = *state;
    struct export_fault fault;
    char path[PATH_SIZE];

    assert_int_equal(mkdir(o->export, 0700), 0);
    exported_put(o, "letter.txt", bytes_text("Dear auditor"));
    assert_err(exported_write(o, o->export, 1, 10, true, &fault),
               SV_ERR_EXISTS);
    assert_string_equal(fault.place, "letter.txt");
    assert_ok(path_join(path, o->export, "tile"));
    assert_int_equal(access(path, F_OK), -1);
}

/* ---- spoiled ---- */

/* Every file of the small export below. */
static const char *const files[] = {
    "checkpoint",     "tile/0/000",       "tile/0/001.p/4",
    "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/4",
};
#define N_FILES (sizeof files / sizeof files[0])
#define SMALL 260

static void
assert_refused(const struct exported *o, const char *name, const char *how)
{
    struct export_fault fault;
    enum sv_err err = exported_check(o, o->export, true, &fault);

    if (err != SV_ERR_TAMPERED || fault.reason == NULL ||
        fault.place[0] == '\0')
        fail_msg("%s %s: %s", name, how, err_text(err));
}

/* Every step-th bit of the file. */
static void
flip(const struct exported *o, const char *name, size_t step)
{
    struct buf raw = exported_read(o, name);

    for (size_t bit = 0; bit < 8 * raw.len; bit += step) {
        raw.ptr[bit / 8] ^= (uint8_t)(1U << bit % 8);
        exported_put(o, name, buf_bytes(&raw));
        assert_refused(o, name, "flipped");
        raw.ptr[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    exported_put(o, name, buf_bytes(&raw));
    buf_free(&raw);
}

static void
test_every_flipped_bit_is_refused(void **state)
{
    const struct exported *o = *state;

    assert_ok(exported_write(o, o->export, 1, 7, true, NULL));
    flip(o, "checkpoint", 1);
    flip(o, "tile/0/000.p/7", 1);
    flip(o, "tile/entries/000.p/7", 1);
    exported_assert_good(o, true);
    /* And of one with full tiles. */
    assert_ok(exported_write(o, o->export, 1, SMALL, true, NULL));
    for (size_t i = 0; i < N_FILES; i++)
        flip(o, files[i], 331);
    exported_assert_good(o, true);
}

static void
test_cut_longer_missing_and_renamed_files_are_refused(void **state)
{
    const struct exported *o = *state;

    assert_ok(exported_write(o, o->export, 1, SMALL, true, NULL));
    for (size_t i = 0; i < N_FILES; i++) {
        struct buf raw = exported_read(o, files[i]);
        char path[PATH_SIZE], other[PATH_SIZE];
        struct export_fault fault;

        for (size_t len = 0; len < raw.len; len += raw.len / 9 + 1) {
            exported_put(o, files[i], bytes_of(raw.ptr, len));
            assert_refused(o, files[i], "cut");
        }
        exported_put(o, files[i], bytes_of(raw.ptr, raw.len - 1));
        assert_refused(o, files[i], "cut by one");
        assert_ok(buf_append(&raw, bytes_text("x")));
        exported_put(o, files[i], buf_bytes(&raw));
        assert_refused(o, files[i], "longer");
        buf_truncate(&raw, raw.len - 1);
        exported_put(o, files[i], buf_bytes(&raw));

        assert_ok(path_join(path, o->export, files[i]));
        assert_ok(path_join(other, o->dir, "taken away"));
        assert_int_equal(rename(path, other), 0);
        assert_err(exported_check(o, o->export, true, &fault), SV_ERR_TAMPERED);
        assert_string_equal(fault.place, files[i]);
        assert_true(fault.incomplete);
        assert_int_equal(rename(other, path), 0);

        assert_ok(path_suffix(other, path, "0"));
        assert_int_equal(rename(path, other), 0);
        assert_refused(o, files[i], "renamed");
        assert_int_equal(rename(other, path), 0);
        buf_free(&raw);
    }
    exported_assert_good(o, true);
}

static void
test_files_too_many_are_refused_by_name(void **state)
{
    static const char *const extra[] = {
        "note",
        ".hidden",
        "tile/0/002",
        "tile/0/001.p/3",
        "tile/0/000.p/200",
        "tile/1/001",
        "tile/entries/001.p/5",
        "tile/0/000.Ab12Cd",
        "tile/2/000.p/1",
    };
    const struct exported *o = *state;

    assert_ok(exported_write(o, o->export, 1, SMALL, true, NULL));
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        char path[PATH_SIZE];
        struct export_fault fault;

        assert_ok(path_join(path, o->export, extra[i]));
        exported_put(o, extra[i], bytes_text("x"));
        assert_err(exported_check(o, o->export, true, &fault), SV_ERR_TAMPERED);
        assert_string_equal(fault.place, extra[i]);
        assert_true(fault.incomplete);
        assert_int_equal(unlink(path), 0);
    }
    exported_assert_good(o, true);
}

static void
test_pipes_links_and_directories_are_not_files(void **state)
{
    const struct exported *o = *state;
    char path[PATH_SIZE], other[PATH_SIZE];
    struct export_fault fault;

    assert_ok(exported_write(o, o->export, 1, SMALL, true, NULL));
    assert_ok(path_join(other, o->dir, "aside"));
    for (size_t i = 0; i < N_FILES; i++) {
        assert_ok(path_join(path, o->export, files[i]));
        assert_int_equal(rename(path, other), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_err(exported_check(o, o->export, true, &fault), SV_ERR_TAMPERED);
        assert_string_equal(fault.place, files[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink(other, path), 0);
        assert_err(exported_check(o, o->export, true, &fault), SV_ERR_TAMPERED);
        assert_string_equal(fault.place, files[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_refused(o, files[i], "as a directory");
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(rename(other, path), 0);
    }
    exported_assert_good(o, true);
}

static void
test_a_changed_entry_with_its_hash_is_found_above(void **state)
{
    const struct exported *o = *state;
    struct buf bundle, tile;
    struct bytes rest, entry = bytes_of(NULL, 0);
    struct export_fault fault;
    struct hash leaf;

    assert_ok(exported_write(o, o->export, 1, SMALL, true, NULL));
    bundle = exported_read(o, "tile/entries/000");
    tile = exported_read(o, "tile/0/000");
    bundle.ptr[2] ^= 1; /* of entry 0 */
    exported_put(o, "tile/entries/000", buf_bytes(&bundle));
    assert_err(exported_check(o, o->export, true, &fault), SV_ERR_TAMPERED);
    assert_string_equal(fault.place, "tile/0/000");
    assert_true(fault.has_entry);
    assert_int_equal(fault.entry, 0);
    assert_false(fault.incomplete);

    rest = buf_bytes(&bundle);
    assert_ok(tile_bundle_next(&rest, &entry));
    leaf = tree_leaf(entry);
    memcpy(tile.ptr, leaf.b, sizeof leaf.b);
    exported_put(o, "tile/0/000", buf_bytes(&tile));
    assert_err(exported_check(o, o->export, true, &fault), SV_ERR_TAMPERED);
    assert_string_equal(fault.place, "tile/1/000.p/1");
    buf_free(&bundle);
    buf_free(&tile);
}

static void
test_heads_are_proved_from_the_tiles_alone(void **state)
{
    const struct exported *o = *state;
    struct export e;

    assert_ok(exported_write(o, o->export, 1, 700, false, NULL));
    assert_ok(export_open(&e, o->export, EXPORTED_ORIGIN, &o->key));
    for (uint64_t m = 1; m <= 700; m += m < 250 ? 83 : 1) {
        struct buf note = BUF_INIT;
        struct checkpoint old;
        struct tree_proof proof;

        if (m > 300 && m < 680)
            m = 680;
        note = exported_note(o, 1, m);
        assert_ok(
            checkpoint_open(buf_bytes(&note), EXPORTED_ORIGIN, &o->key, &old));
        assert_ok(tree_consistency(m, 700, export_hash, &e, &proof));
        assert_ok(
            tree_verify_consistency(m, 700, &old.root, &e.head.root, &proof));
        buf_free(&note);
    }
    export_close(&e);
}

struct seen {
    uint64_t n;
};

static enum sv_err
see_entry(void *ctx, uint64_t index, struct bytes entry)
{
    struct seen *s = ctx;
    struct buf want = exported_entry(1, index);

    assert_int_equal(index, s->n);
    assert_true(bytes_equal(entry, buf_bytes(&want)));
    buf_free(&want);
    s->n++;
    return SV_OK;
}

static void
test_entries_come_in_order_and_as_they_were(void **state)
{
    const struct exported *o = *state;

    for (size_t i = 0; i < N_SIZES; i++) {
        struct seen seen = {0};
        struct export e;

        assert_ok(exported_write(o, o->export, 1, sizes[i], true, NULL));
        assert_ok(export_open(&e, o->export, EXPORTED_ORIGIN, &o->key));
        assert_ok(export_entries(&e, see_entry, &seen));
        assert_int_equal(seen.n, sizes[i]);
        export_close(&e);
    }
}

/* ---- the sample log of others ---- */

/* transparency-dev/tessera, testdata/build_log.sh. */
static const char *const sample[] = {
    "one",  "two", "three",  "four",  "five",     "six",     "seven", "eit",
    "nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten"};
#define SAMPLE_ORIGIN "example.com/log/testdata"
#define SAMPLE_SEED "eymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"

static void
test_sample_log_of_tessera_comes_out_byte_for_byte(void **state)
{
    static const struct {
        size_t size;
        const char *root;
    } roots[] = {{1, "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek="},
                 {3, "Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk="},
                 {8, "bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY="},
                 {15, "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="}};
    static const char head[] =
        SAMPLE_ORIGIN "\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n"
                      "\xe2\x80\x94 " SAMPLE_ORIGIN
                      " M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKub"
                      "Mt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n";
    const struct exported *o = *state;
    struct hash leaves[15];
    struct sign_seed seed;
    struct sign_public key;
    struct buf typed = BUF_INIT, note = BUF_INIT;

    for (size_t i = 0; i < 15; i++)
        leaves[i] = tree_leaf(bytes_text(sample[i]));
    /* The signer key is PRIVATE+KEY+name+id+base64(type || seed). */
    assert_ok(text_unbase64(bytes_text("A" SAMPLE_SEED), &typed));
    assert_int_equal(typed.len, 33);
    memcpy(seed.b, typed.ptr + 1, sizeof seed.b);
    sign_public_of(&seed, &key);
    for (size_t i = 0; i < 4; i++) {
        struct checkpoint c = {.origin = SAMPLE_ORIGIN, .size = roots[i].size};
        struct export_writer w;
        uint64_t from = 0;
        char root[BASE64_SIZE(32)];

        c.root = tree_root_of(leaves, roots[i].size);
        text_base64(BYTES(c.root.b), root);
        assert_string_equal(root, roots[i].root);
        buf_free(&note);
        assert_ok(checkpoint_sign(&c, &seed, &note));
        assert_ok(export_write_begin(&w, o->export, SAMPLE_ORIGIN, &key,
                                     buf_bytes(&note), true, &from));
        for (; from < roots[i].size; from++)
            assert_ok(export_write_entry(&w, bytes_text(sample[from])));
        assert_ok(export_write_end(&w));
        export_write_clear(&w);
        if (roots[i].size == 3) {
            struct buf bundle = exported_read(o, "tile/entries/000.p/3");

            assert_hex(buf_bytes(&bundle),
                       "00036f6e65000374776f00057468726565");
            buf_free(&bundle);
        }
    }
    assert_true(text_is(buf_bytes(&note), head));
    buf_free(&note);
    note = exported_read(o, "checkpoint");
    assert_true(text_is(buf_bytes(&note), head));
    buf_free(&note);
    note = exported_read(o, "tile/0/000.p/15");
    assert_memory_equal(note.ptr, leaves, sizeof leaves);
    buf_free(&note);
    buf_free(&typed);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, exported_set_up, exported_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_size_is_written_and_found_good),
        TEST(test_adding_gives_the_bytes_of_writing_at_once),
        TEST(test_heads_become_entries_and_never_the_other_way),
        TEST(test_full_tiles_are_never_written_again),
        TEST(test_another_log_and_an_older_head_are_refused),
        TEST(test_what_a_crash_left_is_completed_or_cleared),
        TEST(test_a_directory_of_other_things_is_left_alone),
        TEST(test_every_flipped_bit_is_refused),
        TEST(test_cut_longer_missing_and_renamed_files_are_refused),
        TEST(test_files_too_many_are_refused_by_name),
        TEST(test_pipes_links_and_directories_are_not_files),
        TEST(test_a_changed_entry_with_its_hash_is_found_above),
        TEST(test_heads_are_proved_from_the_tiles_alone),
        TEST(test_entries_come_in_order_and_as_they_were),
        TEST(test_sample_log_of_tessera_comes_out_byte_for_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
