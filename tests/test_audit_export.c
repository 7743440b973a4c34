/* Exports written, added to, and spoiled in every way. */
#include <sys/stat.h>
#include <unistd.h>

#include "audit/export_write.h"
#include "tests/support/support.h"

#define ORIGIN "vault.example/2026"

static const struct sign_seed log_seed = {{7}};

struct office {
    char dir[PATH_SIZE];    /* this test's own */
    char export[PATH_SIZE]; /* below it */
    struct sign_public key;
};

static int
set_up(void **state)
{
    struct office *o = calloc(1, sizeof *o);

    if (o == NULL)
        return -1;
    support_dir_make(o->dir);
    assert_ok(path_join(o->export, o->dir, "export"));
    sign_public_of(&log_seed, &o->key);
    *state = o;
    return 0;
}

static int
tear_down(void **state)
{
    struct office *o = *state;

    support_dir_remove(o->dir);
    free(o);
    return 0;
}

/* Entry i of log `which`: any bytes, of any length. */
static struct buf
entry_at(unsigned which, uint64_t i)
{
    struct buf b = BUF_INIT;

    assert_ok(
        buf_printf(&b, "log %u entry %llu", which, (unsigned long long)i));
    for (uint64_t k = i % 7; k > 0; k--)
        assert_ok(buf_text(&b, "\nmore"));
    return b;
}

static struct buf
head_of(unsigned which, uint64_t size)
{
    struct tree_frontier f;
    struct checkpoint c = {.origin = ORIGIN, .size = size};
    struct hash done[TREE_LEVELS];
    struct buf note = BUF_INIT;
    unsigned n;

    frontier_init(&f);
    for (uint64_t i = 0; i < size; i++) {
        struct buf entry = entry_at(which, i);
        struct hash leaf = tree_leaf(buf_bytes(&entry));

        frontier_append(&f, &leaf, done, &n);
        buf_free(&entry);
    }
    c.root = frontier_root(&f);
    assert_ok(checkpoint_sign(&c, &log_seed, &note));
    return note;
}

/* Write log `which` at that size to dir; the fault goes to *fault. */
static enum sv_err
write_log(const struct office *o, const char *dir, unsigned which,
          uint64_t size, bool entries, struct export_fault *fault)
{
    struct buf head = head_of(which, size);
    struct export_writer w;
    uint64_t from = 0;
    enum sv_err err = export_write_begin(&w, dir, ORIGIN, &o->key,
                                         buf_bytes(&head), entries, &from);

    for (uint64_t i = from; i < size && err == SV_OK; i++) {
        struct buf entry = entry_at(which, i);

        err = export_write_entry(&w, buf_bytes(&entry));
        buf_free(&entry);
    }
    if (err == SV_OK)
        err = export_write_end(&w);
    if (fault != NULL)
        *fault = w.old.fault;
    export_write_clear(&w);
    buf_free(&head);
    return err;
}

static enum sv_err
check_with(struct workers *w, const struct office *o, const char *dir,
           bool entries, struct export_fault *fault)
{
    struct export e;
    enum sv_err err = export_open(&e, dir, ORIGIN, &o->key);

    if (err == SV_OK)
        err = export_check_names(&e);
    if (err == SV_OK)
        err = export_check_tree(&e, entries, w, NULL, NULL);
    *fault = e.fault;
    export_close(&e);
    return err;
}

/* As an auditor looks at it, alone and in company: both find the same. */
static enum sv_err
check(const struct office *o, const char *dir, bool entries,
      struct export_fault *fault)
{
    struct workers *w = NULL;
    struct export_fault alone;
    enum sv_err err = check_with(NULL, o, dir, entries, &alone);

    assert_ok(workers_new(3, &w));
    assert_int_equal(check_with(w, o, dir, entries, fault), err);
    workers_free(w);
    assert_string_equal(fault->place, alone.place);
    assert_ptr_equal(fault->reason, alone.reason);
    assert_int_equal(fault->incomplete, alone.incomplete);
    assert_int_equal(fault->has_entry, alone.has_entry);
    assert_int_equal(fault->entry, alone.entry);
    return err;
}

static void
assert_good(const struct office *o, bool entries)
{
    struct export_fault fault;
    enum sv_err err = check(o, o->export, entries, &fault);

    if (err != SV_OK)
        fail_msg("%s: %s", fault.place,
                 fault.reason != NULL ? fault.reason : err_text(err));
}

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
    const struct office *o = *state;

    for (size_t i = 0; i < N_SIZES; i++)
        for (int entries = 0; entries < 2; entries++) {
            char name[32];
            struct export_fault fault;
            char dir[PATH_SIZE];

            (void)snprintf(name, sizeof name, "%zu-%d", i, entries);
            assert_ok(path_join(dir, o->dir, name));
            assert_ok(write_log(o, dir, 1, sizes[i], entries != 0, NULL));
            assert_ok(check(o, dir, entries != 0, &fault));
            /* With bundles there, their hashes alone are good, too. */
            assert_ok(check(o, dir, false, &fault));
            if (entries == 0 && sizes[i] > 0)
                assert_err(check(o, dir, true, &fault), SV_ERR_TAMPERED);
        }
}

static void
test_adding_gives_the_bytes_of_writing_at_once(void **state)
{
    const struct office *o = *state;
    char whole[PATH_SIZE];

    for (size_t i = 0; i < N_SIZES; i++) {
        char name[32];

        assert_ok(write_log(o, o->export, 1, sizes[i], true, NULL));
        (void)snprintf(name, sizeof name, "whole-%zu", i);
        assert_ok(path_join(whole, o->dir, name));
        assert_ok(write_log(o, whole, 1, sizes[i], true, NULL));
        assert_same(o->export, whole);
        assert_good(o, true);
        /* And again, with nothing new. */
        assert_ok(write_log(o, o->export, 1, sizes[i], true, NULL));
        assert_same(o->export, whole);
    }
}

static void
test_heads_become_entries_and_never_the_other_way(void **state)
{
    const struct office *o = *state;
    struct export_fault fault;

    assert_ok(write_log(o, o->export, 1, 300, false, NULL));
    assert_good(o, false);
    assert_ok(write_log(o, o->export, 1, 600, false, NULL));
    assert_good(o, false);
    assert_ok(write_log(o, o->export, 1, 700, true, NULL));
    assert_good(o, true);
    assert_err(write_log(o, o->export, 1, 800, false, &fault), SV_ERR_EXISTS);
    assert_string_equal(fault.place, "tile/entries");
    assert_good(o, true);
}

static ino_t
inode(const struct office *o, const char *name)
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
    const struct office *o = *state;
    ino_t tile, bundle;

    assert_ok(write_log(o, o->export, 1, 300, true, NULL));
    tile = inode(o, "tile/0/000");
    bundle = inode(o, "tile/entries/000");
    assert_ok(write_log(o, o->export, 1, 600, true, NULL));
    assert_int_equal(inode(o, "tile/0/000"), tile);
    assert_int_equal(inode(o, "tile/entries/000"), bundle);
}

static void
test_another_log_and_an_older_head_are_refused(void **state)
{
    const struct office *o = *state;
    struct export_fault fault;

    assert_ok(write_log(o, o->export, 1, 300, true, NULL));
    assert_err(write_log(o, o->export, 2, 400, true, &fault), SV_ERR_TAMPERED);
    assert_non_null(fault.reason);
    assert_err(write_log(o, o->export, 1, 299, true, &fault), SV_ERR_ROLLBACK);
    assert_ok(write_log(o, o->export, 1, 400, true, NULL));
    assert_good(o, true);
}

static void
put(const struct office *o, const char *name, const char *text)
{
    char path[PATH_SIZE];

    assert_ok(path_join(path, o->export, name));
    assert_ok(file_replace(path, 0600, bytes_text(text)));
}

static void
test_what_a_crash_left_is_completed_or_cleared(void **state)
{
    const struct office *o = *state;
    char whole[PATH_SIZE], path[PATH_SIZE];

    assert_ok(path_join(whole, o->dir, "whole"));
    assert_ok(write_log(o, whole, 1, 600, true, NULL));
    assert_ok(write_log(o, o->export, 1, 600, true, NULL));
    /* Killed before the head, and in the middle of files. */
    assert_ok(path_join(path, o->export, "checkpoint"));
    assert_int_equal(unlink(path), 0);
    assert_ok(path_join(path, o->export, "tile/entries/001"));
    assert_int_equal(unlink(path), 0);
    put(o, "tile/0/002.p/88.Ab12Cd", "half a");
    put(o, "checkpoint.x9Zz00", "half a");
    assert_ok(write_log(o, o->export, 1, 600, true, NULL));
    assert_same(o->export, whole);
    assert_good(o, true);
}

static void
test_a_directory_of_other_things_is_left_alone(void **state)
{
    const struct office *o = *state;
    struct export_fault fault;
    char path[PATH_SIZE];

    assert_int_equal(mkdir(o->export, 0700), 0);
    put(o, "letter.txt", "Dear auditor");
    assert_err(write_log(o, o->export, 1, 10, true, &fault), SV_ERR_EXISTS);
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
read_file(const struct office *o, const char *name, struct buf *out)
{
    assert_ok(export_file(o->export, name, BUF_MAX, out));
}

static void
put_bytes(const struct office *o, const char *name, struct bytes data)
{
    char path[PATH_SIZE];
    FILE *f;

    /* Without a sync: this is done thousands of times. */
    assert_ok(path_join(path, o->export, name));
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data.ptr, 1, data.len, f), data.len);
    assert_int_equal(fclose(f), 0);
}

static void
assert_refused(const struct office *o, const char *name, const char *how)
{
    struct export_fault fault;
    enum sv_err err = check(o, o->export, true, &fault);

    if (err != SV_ERR_TAMPERED || fault.reason == NULL ||
        fault.place[0] == '\0')
        fail_msg("%s %s: %s", name, how, err_text(err));
}

/* Every step-th byte of a file, one after the other, a bit in each. */
/* Every step-th bit of the file. */
static void
flip(const struct office *o, const char *name, size_t step)
{
    struct buf raw = BUF_INIT;

    read_file(o, name, &raw);
    for (size_t bit = 0; bit < 8 * raw.len; bit += step) {
        raw.ptr[bit / 8] ^= (uint8_t)(1U << bit % 8);
        put_bytes(o, name, buf_bytes(&raw));
        assert_refused(o, name, "flipped");
        raw.ptr[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    put_bytes(o, name, buf_bytes(&raw));
    buf_free(&raw);
}

static void
test_every_flipped_bit_is_refused(void **state)
{
    const struct office *o = *state;

    assert_ok(write_log(o, o->export, 1, 7, true, NULL));
    flip(o, "checkpoint", 1);
    flip(o, "tile/0/000.p/7", 1);
    flip(o, "tile/entries/000.p/7", 1);
    assert_good(o, true);
    /* And of one with full tiles. */
    assert_ok(write_log(o, o->export, 1, SMALL, true, NULL));
    for (size_t i = 0; i < N_FILES; i++)
        flip(o, files[i], 331);
    assert_good(o, true);
}

static void
test_cut_longer_missing_and_renamed_files_are_refused(void **state)
{
    const struct office *o = *state;

    assert_ok(write_log(o, o->export, 1, SMALL, true, NULL));
    for (size_t i = 0; i < N_FILES; i++) {
        struct buf raw = BUF_INIT;
        char path[PATH_SIZE], other[PATH_SIZE];
        struct export_fault fault;

        read_file(o, files[i], &raw);
        for (size_t len = 0; len < raw.len; len += raw.len / 9 + 1) {
            put_bytes(o, files[i], bytes_of(raw.ptr, len));
            assert_refused(o, files[i], "cut");
        }
        put_bytes(o, files[i], bytes_of(raw.ptr, raw.len - 1));
        assert_refused(o, files[i], "cut by one");
        assert_ok(buf_append(&raw, bytes_text("x")));
        put_bytes(o, files[i], buf_bytes(&raw));
        assert_refused(o, files[i], "longer");
        buf_truncate(&raw, raw.len - 1);
        put_bytes(o, files[i], buf_bytes(&raw));

        assert_ok(path_join(path, o->export, files[i]));
        assert_ok(path_join(other, o->dir, "taken away"));
        assert_int_equal(rename(path, other), 0);
        assert_err(check(o, o->export, true, &fault), SV_ERR_TAMPERED);
        assert_string_equal(fault.place, files[i]);
        assert_true(fault.incomplete);
        assert_int_equal(rename(other, path), 0);

        assert_ok(path_suffix(other, path, "0"));
        assert_int_equal(rename(path, other), 0);
        assert_refused(o, files[i], "renamed");
        assert_int_equal(rename(other, path), 0);
        buf_free(&raw);
    }
    assert_good(o, true);
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
    const struct office *o = *state;

    assert_ok(write_log(o, o->export, 1, SMALL, true, NULL));
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        char path[PATH_SIZE];
        struct export_fault fault;

        assert_ok(path_join(path, o->export, extra[i]));
        for (char *at = path + strlen(o->export) + 1;
             (at = strchr(at, '/')) != NULL; at++) {
            *at = '\0';
            (void)mkdir(path, 0700);
            *at = '/';
        }
        put_bytes(o, extra[i], bytes_text("x"));
        assert_err(check(o, o->export, true, &fault), SV_ERR_TAMPERED);
        assert_string_equal(fault.place, extra[i]);
        assert_true(fault.incomplete);
        assert_int_equal(unlink(path), 0);
    }
    assert_good(o, true);
}

static void
test_pipes_links_and_directories_are_not_files(void **state)
{
    const struct office *o = *state;
    char path[PATH_SIZE], other[PATH_SIZE];
    struct export_fault fault;

    assert_ok(write_log(o, o->export, 1, SMALL, true, NULL));
    assert_ok(path_join(other, o->dir, "aside"));
    for (size_t i = 0; i < N_FILES; i++) {
        assert_ok(path_join(path, o->export, files[i]));
        assert_int_equal(rename(path, other), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_err(check(o, o->export, true, &fault), SV_ERR_TAMPERED);
        assert_string_equal(fault.place, files[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink(other, path), 0);
        assert_err(check(o, o->export, true, &fault), SV_ERR_TAMPERED);
        assert_string_equal(fault.place, files[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_refused(o, files[i], "as a directory");
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(rename(other, path), 0);
    }
    assert_good(o, true);
}

static void
test_a_changed_entry_with_its_hash_is_found_above(void **state)
{
    const struct office *o = *state;
    struct buf bundle = BUF_INIT, tile = BUF_INIT;
    struct bytes rest, entry = bytes_of(NULL, 0);
    struct export_fault fault;
    struct hash leaf;

    assert_ok(write_log(o, o->export, 1, SMALL, true, NULL));
    read_file(o, "tile/entries/000", &bundle);
    read_file(o, "tile/0/000", &tile);
    bundle.ptr[2] ^= 1; /* of entry 0 */
    put_bytes(o, "tile/entries/000", buf_bytes(&bundle));
    assert_err(check(o, o->export, true, &fault), SV_ERR_TAMPERED);
    assert_string_equal(fault.place, "tile/0/000");
    assert_true(fault.has_entry);
    assert_int_equal(fault.entry, 0);
    assert_false(fault.incomplete);

    rest = buf_bytes(&bundle);
    assert_ok(tile_bundle_next(&rest, &entry));
    leaf = tree_leaf(entry);
    memcpy(tile.ptr, leaf.b, sizeof leaf.b);
    put_bytes(o, "tile/0/000", buf_bytes(&tile));
    assert_err(check(o, o->export, true, &fault), SV_ERR_TAMPERED);
    assert_string_equal(fault.place, "tile/1/000.p/1");
    buf_free(&bundle);
    buf_free(&tile);
}

static void
test_heads_are_proved_from_the_tiles_alone(void **state)
{
    const struct office *o = *state;
    struct export e;

    assert_ok(write_log(o, o->export, 1, 700, false, NULL));
    assert_ok(export_open(&e, o->export, ORIGIN, &o->key));
    for (uint64_t m = 1; m <= 700; m += m < 250 ? 83 : 1) {
        struct buf note = BUF_INIT;
        struct checkpoint old;
        struct tree_proof proof;

        if (m > 300 && m < 680)
            m = 680;
        note = head_of(1, m);
        assert_ok(checkpoint_open(buf_bytes(&note), ORIGIN, &o->key, &old));
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
    struct buf want = entry_at(1, index);

    assert_int_equal(index, s->n);
    assert_true(bytes_equal(entry, buf_bytes(&want)));
    buf_free(&want);
    s->n++;
    return SV_OK;
}

static void
test_entries_come_in_order_and_as_they_were(void **state)
{
    const struct office *o = *state;

    for (size_t i = 0; i < N_SIZES; i++) {
        struct seen seen = {0};
        struct export e;

        assert_ok(write_log(o, o->export, 1, sizes[i], true, NULL));
        assert_ok(export_open(&e, o->export, ORIGIN, &o->key));
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
    const struct office *o = *state;
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
            struct buf bundle = BUF_INIT;

            read_file(o, "tile/entries/000.p/3", &bundle);
            assert_hex(buf_bytes(&bundle),
                       "00036f6e65000374776f00057468726565");
            buf_free(&bundle);
        }
    }
    assert_true(text_is(buf_bytes(&note), head));
    buf_truncate(&note, 0);
    read_file(o, "checkpoint", &note);
    assert_true(text_is(buf_bytes(&note), head));
    buf_truncate(&note, 0);
    read_file(o, "tile/0/000.p/15", &note);
    assert_memory_equal(note.ptr, leaves, sizeof leaves);
    buf_free(&note);
    buf_free(&typed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
